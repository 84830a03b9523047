namespace IpGan.Deploy.Tests;

public sealed class ContainerFileTests
{
    public static TheoryData<string> Files => [.. ContainerFile.Paths];

    [Fact]
    public void Every_host_has_a_container_file_and_every_container_file_a_host() =>
        Assert.Equal(
            ["IpGan.Gateway", "IpGan.Generator", "IpGan.IdentityEncoder", "IpGan.PoseEncoder"],
            ContainerFile.Paths.Select(path => ContainerFile.Read(path).Project).Order());

    [Theory, MemberData(nameof(Files))]
    public void Everything_copied_exists_and_reaches_the_builder(string path)
    {
        var kept = Tree.Text(".dockerignore").Split('\n').Where(line => line.StartsWith('!')).Select(line => line[1..].Trim()).ToList();
        Assert.All(ContainerFile.Read(path).Copies, copy =>
        {
            Assert.True(Tree.Exists(copy.Source), $"{copy.Source} is not in the tree");
            Assert.True(
                kept.Any(k => copy.Source == k || copy.Source.StartsWith(k + "/", StringComparison.Ordinal)), $".dockerignore leaves {copy.Source} out");
        });
    }

    [Theory, MemberData(nameof(Files))]
    public void Restore_sees_every_project_file_and_publish_every_source(string path)
    {
        var file = ContainerFile.Read(path);
        var (restore, publish) = (file.IndexOfRun("dotnet restore"), file.IndexOfRun("dotnet publish"));
        var needed = Tree.ProjectFiles(file.Project);

        var early = file.Copies.Where(c => c.At < restore).Select(c => c.Source).ToHashSet();
        Assert.Superset(needed.ToHashSet(), early);
        var late = file.Copies.Where(c => c.At < publish).Select(c => c.Source).ToHashSet();
        Assert.Superset(needed.Select(p => Path.GetDirectoryName(p)!.Replace('\\', '/')).ToHashSet(), late);
        Assert.All(needed.SelectMany(Tree.LinkedFiles), linked => Assert.Contains(late, source => linked == source || linked.StartsWith(source + "/", StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(Files))]
    public void Restore_sees_what_the_build_reads_from_the_root(string path)
    {
        var file = ContainerFile.Read(path);
        var early = file.Copies.Where(c => c.At < file.IndexOfRun("dotnet restore")).Select(c => c.Source).ToHashSet();
        var read = Directory.EnumerateFiles(Tree.Root, "Directory.*").Select(f => Path.GetFileName(f)!)
            .Concat(["global.json", ".editorconfig"]).Concat(Tree.Exists("NuGet.config") ? ["NuGet.config"] : []);
        Assert.All(read, name => Assert.Contains(name, early));
    }

    [Theory, MemberData(nameof(Files))]
    public void Nothing_else_than_the_projects_own_sources_is_copied(string path)
    {
        var file = ContainerFile.Read(path);
        var needed = Tree.ProjectFiles(file.Project);
        var folders = needed.Select(p => Path.GetDirectoryName(p)!.Replace('\\', '/')).ToHashSet();
        Assert.All(
            file.Copies.Where(c => c.Source.Contains('/', StringComparison.Ordinal) && c.Source != "deploy/containers/ready.sh"),
            copy => Assert.True(needed.Contains(copy.Source) || folders.Contains(copy.Source) || needed.SelectMany(Tree.LinkedFiles).Contains(copy.Source), copy.Source));
    }

    [Theory, MemberData(nameof(Files))]
    public void Restore_and_publish_name_the_project_that_runs(string path)
    {
        var file = ContainerFile.Read(path);
        foreach (var command in new[] { "dotnet restore", "dotnet publish" })
        {
            Assert.StartsWith($"{command} {Tree.ProjectFolder(file.Project)}", file.Instructions[file.IndexOfRun(command)].Arguments, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void Containers_run_without_root_and_tell_their_health_on_the_ports_of_the_host(string path)
    {
        var file = ContainerFile.Read(path);
        var (http, grpc) = Tree.Ports(file.Project);
        Assert.Equal("$APP_UID", file.Single("USER"));
        Assert.Equal($"{http} {grpc}", file.Single("EXPOSE"));
        Assert.EndsWith("CMD [\"/ready.sh\"]", file.Single("HEALTHCHECK"), StringComparison.Ordinal);
        Assert.Contains(file.Copies, c => c is { Source: "deploy/containers/ready.sh", Target: "/" });
        Assert.Contains($"${{1:-{http}}}", Tree.Text("deploy/containers/ready.sh"), StringComparison.Ordinal);
        Assert.Equal("", file.Environment["ASPNETCORE_HTTP_PORTS"]);
    }
}
