namespace IpGan.Models.Tests;

public sealed class PackageIntakeTests : IDisposable
{
    private readonly TemporaryFolder _origin = new();
    private readonly TemporaryFolder _root = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private ModelRepository Repository => new(_root.Path);

    [Fact]
    public async Task Complete_package_is_taken_as_it_is()
    {
        var folder = Drafts.Publish(_origin, ModelRole.Generator);

        await TakeAsync(folder, Sizes(folder));

        Assert.Equal([7], Repository.Versions(ModelRole.Generator));
        Assert.Equal(Sizes(folder), Sizes(ModelPackage.Open(Repository.Folder(ModelRole.Generator, 7)).Folder));
    }

    [Fact]
    public async Task Package_with_any_file_missing_is_not_taken_and_leaves_nothing_behind()
    {
        var folder = Drafts.Publish(_origin, ModelRole.Generator);
        foreach (var missing in Sizes(folder).Keys)
        {
            var error = await Assert.ThrowsAsync<PackageIncompleteException>(
                () => TakeAsync(folder, Sizes(folder).Where(f => f.Key != missing).ToDictionary()));
            Assert.Contains($"{missing} is missing", error.Message, StringComparison.Ordinal);
        }
        AssertNothingTaken();
    }

    [Fact]
    public async Task File_that_comes_short_is_a_failure_of_the_transfer_and_not_of_the_package()
    {
        var folder = Drafts.Publish(_origin, ModelRole.Generator);

        var error = await Assert.ThrowsAsync<IOException>(() => TakeAsync(folder, Sizes(folder), cut: "card.md"));

        Assert.Equal("card.md came with 0 bytes instead of 6.", error.Message);
        AssertNothingTaken();
    }

    [Theory]
    [InlineData("../2/card.md", 1)]
    [InlineData("/etc/passwd", 1)]
    [InlineData("golden/../../x", 1)]
    [InlineData("model.onnx", 1L << 40)]
    [InlineData("card.md", 1L << 30)]
    public async Task Names_and_sizes_that_no_package_has_are_refused_before_anything_is_fetched(string path, long size)
    {
        var folder = Drafts.Publish(_origin, ModelRole.Generator);
        var files = new Dictionary<string, long>(Sizes(folder)) { [path] = size };
        var fetched = 0;

        await Assert.ThrowsAsync<PackageInvalidException>(() => PackageIntake.TakeAsync(Repository, ModelRole.Generator, 7, files, (_, _, _) =>
        {
            fetched++;
            return Task.CompletedTask;
        }, Cancel));

        Assert.Equal(0, fetched);
    }

    [Fact]
    public async Task Too_many_files_are_refused()
    {
        var folder = Drafts.Publish(_origin, ModelRole.Generator);
        var files = new Dictionary<string, long>(Sizes(folder));
        for (var i = 0; i < 100; i++)
        {
            files[$"more/{i}"] = 1;
        }
        await Assert.ThrowsAsync<PackageInvalidException>(() => TakeAsync(folder, files));
    }

    [Fact]
    public async Task Version_that_another_took_meanwhile_is_left_to_him()
    {
        var folder = Drafts.Publish(_origin, ModelRole.Generator);
        await TakeAsync(folder, Sizes(folder));

        await TakeAsync(folder, Sizes(folder));

        Assert.Equal(["7"], Directory.GetFileSystemEntries(_root.Role(ModelRole.Generator)).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Version_that_is_replaced_stays_until_all_of_the_new_one_has_come()
    {
        var folder = Drafts.Publish(_origin, ModelRole.Generator);
        await TakeAsync(folder, Sizes(folder));
        var before = await File.ReadAllBytesAsync(Path.Combine(Repository.Folder(ModelRole.Generator, 7), ModelPackage.ModelFile), Cancel);
        await File.WriteAllBytesAsync(Path.Combine(folder, ModelPackage.ModelFile), new byte[before.Length], Cancel);

        await Assert.ThrowsAsync<IOException>(() => TakeAsync(folder, Sizes(folder), cut: "card.md", replace: true));
        Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(Repository.Folder(ModelRole.Generator, 7), ModelPackage.ModelFile), Cancel));

        await TakeAsync(folder, Sizes(folder), replace: true);
        Assert.Equal(new byte[before.Length], await File.ReadAllBytesAsync(Path.Combine(Repository.Folder(ModelRole.Generator, 7), ModelPackage.ModelFile), Cancel));
        Assert.Equal(["7"], Directory.GetFileSystemEntries(_root.Role(ModelRole.Generator)).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Removed_version_is_gone_and_removing_it_again_does_no_harm()
    {
        var folder = Drafts.Publish(_origin, ModelRole.Generator);
        await TakeAsync(folder, Sizes(folder));

        PackageIntake.Remove(Repository, ModelRole.Generator, 7);
        PackageIntake.Remove(Repository, ModelRole.Generator, 7);

        AssertNothingTaken();
    }

    public void Dispose()
    {
        _origin.Dispose();
        _root.Dispose();
    }

    private void AssertNothingTaken() => Assert.Empty(Directory.GetFileSystemEntries(_root.Role(ModelRole.Generator)));

    private Task TakeAsync(string folder, Dictionary<string, long> files, string cut = "", bool replace = false) => PackageIntake.TakeAsync(
        Repository, ModelRole.Generator, 7, files,
        (path, stream, cancel) => path == cut ? Task.CompletedTask : stream.WriteAsync(File.ReadAllBytes(Path.Combine(folder, path)), cancel).AsTask(), Cancel, replace);

    private static Dictionary<string, long> Sizes(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
        .ToDictionary(f => Path.GetRelativePath(folder, f), f => new FileInfo(f).Length);
}
