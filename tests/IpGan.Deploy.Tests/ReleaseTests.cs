using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Xml.Linq;
using IpGan.Models;

namespace IpGan.Deploy.Tests;

/// <summary>What deploy/release.sh makes, used as those who get it use it.</summary>
public sealed class ReleaseTests(ReleaseTests.Release release) : IClassFixture<ReleaseTests.Release>, IAsyncLifetime
{
    private static readonly string Version = XDocument.Parse(Tree.Text("Directory.Build.props")).Descendants("Version").Single().Value;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await release.MakeAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task The_tool_installs_from_the_folder_alone_and_runs()
    {
        using var folder = new TemporaryFolder();
        var settings = Path.Combine(folder.Path, "nuget.config");
        await File.WriteAllTextAsync(settings, $"""<configuration><packageSources><clear /><add key="release" value="{release.Folder}" /></packageSources></configuration>""", Cancel);
        await RunAsync(folder.Path, "dotnet", ["tool", "install", "ipgan", "--tool-path", folder.Path, "--version", Version, "--configfile", settings], Packages(folder));
        var help = await RunAsync(folder.Path, Path.Combine(folder.Path, "ipgan"), ["augment", "--help"]);
        Assert.Contains("--shard", help, StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public async Task A_program_that_references_the_client_restores_and_runs()
    {
        using var folder = new TemporaryFolder();
        var installed = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "program.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <RestoreSources>{release.Folder}</RestoreSources>
                <!-- What the client itself needs was restored when these tests were. -->
                <RestoreFallbackFolders>{installed}</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="IpGan.Client" Version="{Version}" />
              </ItemGroup>
            </Project>
            """, Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "Program.cs"), """
            using IpGan.Client;

            using var client = new IpGanClient(new IpGanClientOptions { Addresses = [new Uri("http://127.0.0.1:1")], Deadline = TimeSpan.FromSeconds(1) });
            try
            {
                await client.EmbedAsync(new Photo(new byte[] { 1 }));
            }
            catch (IpGanException e)
            {
                Console.WriteLine($"nobody there: {e.Status}");
            }
            """, Cancel);
        var output = await RunAsync(folder.Path, "dotnet", ["run", "--project", folder.Path], Packages(folder));
        Assert.Contains("nobody there: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Model_archives_unpack_into_a_repository_of_complete_packages()
    {
        using var folder = new TemporaryFolder();
        foreach (var archive in Directory.EnumerateFiles(release.Folder, "models-*.tar.gz"))
        {
            await using var unzipped = new GZipStream(File.OpenRead(archive), CompressionMode.Decompress);
            await TarFile.ExtractToDirectoryAsync(unzipped, folder.Path, overwriteFiles: false, Cancel);
        }
        var shipped = new ModelRepository(Tree.Full("models"));
        var unpacked = new ModelRepository(folder.Path);
        Assert.All(ModelRoles.All.Where(role => shipped.Versions(role).Count > 0), role =>
        {
            Assert.Equal(shipped.Versions(role), unpacked.Versions(role));
            Assert.All(unpacked.Versions(role), version => ModelPackage.Open(unpacked.Folder(role, version)));
        });
    }

    [Fact]
    public async Task Every_file_is_in_the_checksums()
    {
        var lines = await File.ReadAllLinesAsync(Path.Combine(release.Folder, "SHA256SUMS"), Cancel);
        var files = Directory.EnumerateFiles(release.Folder).Where(f => Path.GetFileName(f) != "SHA256SUMS").Order(StringComparer.Ordinal);
        Assert.Equal(files.Select(f => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f)))}  {Path.GetFileName(f)}").Order(), lines.Order());
    }

    [Fact]
    public void The_change_log_tells_of_this_version() => Assert.Contains($"\n## {Version}", Tree.Text("CHANGELOG.md"), StringComparison.Ordinal);

    // A package of this version that somebody restored before must not be taken for this one.
    private static Dictionary<string, string> Packages(TemporaryFolder folder) => new() { ["NUGET_PACKAGES"] = Path.Combine(folder.Path, "packages") };

    private static async Task<string> RunAsync(string folder, string program, string[] arguments, Dictionary<string, string>? variables = null)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder };
        foreach (var (name, value) in variables ?? [])
        {
            start.Environment[name] = value;
        }
        // What this test was started with is not for other builds.
        foreach (var inherited in start.Environment.Keys.Where(k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(inherited);
        }
        var (exitCode, output, errors) = await ChildProcess.RunAsync(start, Cancel);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {exitCode}:\n{output}{errors}");
        return output;
    }

    /// <summary>A release of what was built for these tests.</summary>
    public sealed class Release : IDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private Task? _made;

        public string Folder => Path.Combine(_folder.Path, "release");

        /// <summary>Once, when the first test asks for it: a fixture that cannot start fails its tests, a test may be skipped.</summary>
        public Task MakeAsync()
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "The script is for Linux.");
            var configuration = Path.GetFileName(Tree.OutputFolder("IpGan.CommandLine"));
            return _made ??= RunAsync(_folder.Path, Tree.Full("deploy/release.sh"), [Folder, "--no-build", "-c", configuration == "release" ? "Release" : "Debug"]);
        }

        public void Dispose() => _folder.Dispose();
    }
}
