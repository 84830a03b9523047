namespace IpGan.Deploy.Tests;

public sealed class ContainerFileTests
{
    public static TheoryData<string, string> Files => [.. ContainerFile.Images];

    public static TheoryData<string, string> Hosts => [.. ContainerFile.Images.Where(i => !i.Path.EndsWith("/ipgan.Dockerfile", StringComparison.Ordinal))];

    [Fact]
    public void Every_host_and_the_command_line_have_an_image() =>
        Assert.Equal(
            ["IpGan.CommandLine", "IpGan.Gateway", "IpGan.Generator", "IpGan.IdentityEncoder", "IpGan.PoseEncoder"],
            ContainerFile.Images.Select(i => ContainerFile.Read(i.Path, i.Service).Project).Order());

    [Theory, MemberData(nameof(Files))]
    public void Everything_copied_exists_and_reaches_the_builder(string path, string service)
    {
        var kept = Tree.Text(".dockerignore").Split('\n').Where(line => line.StartsWith('!')).Select(line => line[1..].Trim()).ToList();
        Assert.All(ContainerFile.Read(path, service).Copies, copy =>
        {
            Assert.True(Tree.Exists(copy.Source), $"{copy.Source} is not in the tree");
            Assert.True(
                kept.Any(k => copy.Source == k || copy.Source.StartsWith(k + "/", StringComparison.Ordinal)), $".dockerignore leaves {copy.Source} out");
        });
    }

    [Theory, MemberData(nameof(Files))]
    public void Restore_sees_every_project_file_and_publish_every_source(string path, string service)
    {
        var file = ContainerFile.Read(path, service);
        var (restore, publish) = (file.IndexOfRun("dotnet restore"), file.IndexOfRun("dotnet publish"));
        var needed = Tree.ProjectFiles(file.Project);

        var early = file.Copies.Where(c => c.At < restore).Select(c => c.Source).ToHashSet();
        Assert.Superset(needed.ToHashSet(), early);
        var late = file.Copies.Where(c => c.At < publish).Select(c => c.Source).ToHashSet();
        Assert.Superset(needed.Select(p => Path.GetDirectoryName(p)!.Replace('\\', '/')).ToHashSet(), late);
        Assert.All(needed.SelectMany(Tree.LinkedFiles), linked => Assert.Contains(late, source => linked == source || linked.StartsWith(source + "/", StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(Files))]
    public void Restore_sees_what_the_build_reads_from_the_root(string path, string service)
    {
        var file = ContainerFile.Read(path, service);
        var early = file.Copies.Where(c => c.At < file.IndexOfRun("dotnet restore")).Select(c => c.Source).ToHashSet();
        var room = Path.GetDirectoryName(Tree.ProjectFolder(file.Project))!;
        var read = new[] { "", $"{room}/" }.SelectMany(folder => Directory.EnumerateFiles(Tree.Full(folder), "Directory.*").Select(f => folder + Path.GetFileName(f)))
            .Concat(["global.json", ".editorconfig", ".config"]).Concat(Tree.Exists("NuGet.config") ? ["NuGet.config"] : []);
        Assert.All(read, name => Assert.Contains(name, early));
    }

    [Theory, MemberData(nameof(Files))]
    public void Nothing_else_than_the_projects_own_sources_is_copied(string path, string service)
    {
        var file = ContainerFile.Read(path, service);
        var needed = Tree.ProjectFiles(file.Project);
        var folders = needed.Select(p => Path.GetDirectoryName(p)!.Replace('\\', '/')).ToHashSet();
        Assert.All(
            // Project files of other services come along: the file is the same for all.
            file.Copies.Where(c => c.Source.Contains('/', StringComparison.Ordinal) && !c.Source.EndsWith(".csproj", StringComparison.Ordinal) && !c.Source.EndsWith(".props", StringComparison.Ordinal)),
            copy => Assert.True(folders.Contains(copy.Source) || needed.SelectMany(Tree.LinkedFiles).Contains(copy.Source), copy.Source));
    }

    [Theory, MemberData(nameof(Files))]
    public void Restore_and_publish_name_the_project_that_runs(string path, string service)
    {
        var file = ContainerFile.Read(path, service);
        foreach (var command in new[] { "dotnet restore", "dotnet publish" })
        {
            Assert.Contains($"{command} {Tree.ProjectFolder(file.Project)}", file.Instructions[file.IndexOfRun(command)].Arguments, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Files))]
    public void Images_have_no_shell_run_without_root_and_carry_their_bill_of_materials(string path, string service)
    {
        var file = ContainerFile.Read(path, service);
        var bases = file.Instructions.Where(i => i.Keyword == "FROM").Select(i => i.Arguments).ToList();
        Assert.Contains(bases, b => b.Contains("-chiseled AS ", StringComparison.Ordinal));
        Assert.Equal("$APP_UID", file.Single("USER"));
        Assert.DoesNotContain(file.Instructions, i => i is { Stage: ContainerFile.FinalStage, Keyword: "RUN" });
        Assert.Contains("--output /app --filename sbom.json", file.Instructions[file.IndexOfRun("dotnet-CycloneDX " + Tree.ProjectFolder(file.Project))].Arguments, StringComparison.Ordinal);
        // The program's name, or the link that stands for it.
        var program = file.Single("ENTRYPOINT").Trim('[', ']', '"');
        Assert.True(program == $"/app/{Tree.AssemblyName(file.Project)}" || file.Instructions.Any(i => i.Arguments.Contains($"ln -s {file.Project} {program}", StringComparison.Ordinal)), program);
    }

    [Theory, MemberData(nameof(Hosts))]
    public void Hosts_tell_their_health_and_listen_on_the_ports_of_the_project(string path, string service)
    {
        var file = ContainerFile.Read(path, service);
        var (http, grpc) = Tree.Ports(file.Project);
        Assert.Equal($"{http} {grpc}", file.Single("EXPOSE"));
        Assert.EndsWith($"CMD [{file.Single("ENTRYPOINT").Trim('[', ']')}, \"--ready\"]", file.Single("HEALTHCHECK"), StringComparison.Ordinal);
        Assert.Equal("", file.Environment["ASPNETCORE_HTTP_PORTS"]);
    }
}
