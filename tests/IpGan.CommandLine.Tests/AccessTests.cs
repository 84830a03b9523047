using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using IpGan.Gateway.Tests.Access;

namespace IpGan.CommandLine.Tests;

/// <summary>A gateway that wants a key or a token, and lets nobody call often.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    private const string Key = "a key for tests";
    private const string Audience = "ipgan";
    private const int CallsPerSecond = 4;
    private const int Burst = 2;

    private readonly TemporaryFolder _folder = new();
    private Cluster? _cluster;
    private TokenIssuer? _issuer;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        TinyPackages.PublishSet(Path.Combine(_folder.Path, "models"), TinySystem.SpaceId, seed: 1);
        _issuer = await TokenIssuer.StartAsync();
        _cluster = await Cluster.StartAsync(Path.Combine(_folder.Path, "models"), Cancel, new Dictionary<string, string>
        {
            ["Gateway:Access:Keys:0:Name"] = "tests",
            ["Gateway:Access:Keys:0:Sha256"] = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Key))),
            ["Gateway:Access:Tokens:Issuer"] = _issuer.Address,
            ["Gateway:Access:Tokens:Audience"] = Audience,
            ["Gateway:Access:CallsPerSecond"] = $"{CallsPerSecond}",
            ["Gateway:Access:Burst"] = $"{Burst}",
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
        if (_issuer is not null)
        {
            await _issuer.DisposeAsync();
        }
        _folder.Dispose();
    }

    private Task<IpGanRun> RunAsync(string? key, params string[] arguments) => RunAsync(key, null, arguments);

    private async Task<IpGanRun> RunAsync(string? key, string? token, string[] arguments)
    {
        using var process = IpGanProcess.Start(_folder.Path, _cluster!.Gateway.GrpcAddress, key, arguments, token);
        return await process.EndAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("another key")]
    public async Task Without_the_key_nothing_is_done_and_it_is_said_where_it_goes(string? key)
    {
        var run = await RunAsync(key, "models", "list");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("x-api-key", run.Errors, StringComparison.Ordinal);
        Assert.Contains("IPGAN_API_KEY", run.Errors, StringComparison.Ordinal);
        Assert.Contains("IPGAN_TOKEN", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_does_as_well_as_a_key()
    {
        var run = await RunAsync(null, _issuer!.Token(Audience), ["models", "list"]);
        Assert.True(run.ExitCode == 0, run.Errors);
        // An operator's.
        run = await RunAsync(null, _issuer.Token(Audience, "ipgan.operator"), ["models", "pin", "generator", "1"]);
        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.Equal(1, (await RunAsync(null, _issuer.Token("somebody else"), ["models", "list"])).ExitCode);
    }

    [Fact]
    public async Task Who_calls_too_often_is_made_to_wait_and_gets_all_answers()
    {
        var photos = Enumerable.Range(0, 14).Select(i => $"{i}.png").ToArray();
        foreach (var (photo, i) in photos.Select((p, i) => (p, i)))
        {
            await File.WriteAllBytesAsync(Path.Combine(_folder.Path, photo), Pictures.Square(i), Cancel);
        }
        // A call for each.
        var started = Stopwatch.GetTimestamp();
        var run = await RunAsync(Key, ["embed", .. photos, "--pose", "--json"]);
        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.True(Stopwatch.GetElapsedTime(started).TotalSeconds >= (photos.Length - Burst) / (double)CallsPerSecond, "It was not made to wait.");
        Assert.Equal(photos, run.Json.EnumerateArray().Select(p => p.GetProperty("photo").GetString()));
    }

    [Fact]
    public async Task A_key_that_is_no_operators_does_not_choose_models()
    {
        var run = await RunAsync(Key, "models", "pin", "generator", "1");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("operator", run.Errors, StringComparison.Ordinal);
    }
}
