using IpGan.Models;

namespace IpGan.CommandLine.Tests;

/// <summary>Faces are kept and found, in a file and in a database.</summary>
public sealed partial class SearchVerbTests(TinySystem system) : IpGanTest(system)
{
    private const string Store = "people.faces";

    private void People(int count)
    {
        for (var i = 0; i < count; i++)
        {
            Photo($"faces/person {i}/a.png", i);
        }
    }

    private async Task AssertFindsAsync(string store, int count)
    {
        foreach (var i in new[] { 0, count / 2, count - 1 })
        {
            var found = (await ExpectAsync(0, "search", "find", $"faces/person {i}/a.png", "--store", store, "--top", "3", "--json")).Json;
            Assert.Equal(TinyPackages.IdentitySpace(TinySystem.SpaceId), found.GetProperty("space").GetString());
            var matches = found.GetProperty("matches").EnumerateArray().ToList();
            Assert.Equal(Math.Min(3, count), matches.Count);
            Assert.Equal(($"person {i}", $"person {i}/a.png", true, "1"), (matches[0].GetProperty("person").GetString(), matches[0].GetProperty("id").GetString(),
                matches[0].GetProperty("samePerson").GetBoolean(), matches[0].GetProperty("modelVersion").GetString()));
            Assert.Equal(1, matches[0].GetProperty("score").GetDouble(), 1e-5);
            Assert.All(matches, m => Assert.Equal(m.GetProperty("score").GetDouble() >= TinyPackages.MatchThreshold, m.GetProperty("samePerson").GetBoolean()));
        }
    }

    private async Task<(int Added, int Already, int Failed)> IndexAsync(int exitCode, string store)
    {
        var json = (await ExpectAsync(exitCode, "search", "index", "faces", "--store", store, "--json")).Json;
        return (json.GetProperty("added").GetInt32(), json.GetProperty("alreadyThere").GetInt32(), json.GetProperty("failed").GetInt32());
    }

    [Fact]
    public async Task Who_was_indexed_is_found_and_indexing_again_adds_what_is_new()
    {
        People(70);
        Assert.Equal((70, 0, 0), await IndexAsync(0, Store));
        await AssertFindsAsync(Store, 70);
        await File.WriteAllTextAsync(Path.Combine(Folder, "faces/person 1/bad.png"), "no picture", Cancel);
        Photo("faces/person 70/a.png", 70);
        Assert.Equal((1, 70, 1), await IndexAsync(3, Store));
        Assert.Equal((0, 71, 1), await IndexAsync(3, Store));
        await AssertFindsAsync(Store, 71);
        Assert.Contains("yes", (await ExpectAsync(0, "search", "find", "faces/person 3/a.png", "--store", Store)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Killed_while_indexing_it_goes_on()
    {
        People(300);
        // Before the last of them, or a quick run would end before it is killed.
        var gate = Path.Combine(Folder, "faces/person 98/gate.png");
        Gate.Create(gate);
        using (var process = Start("search", "index", "faces", "--store", Store))
        {
            var file = new FileInfo(Path.Combine(Folder, Store));
            await process.UntilAsync(() =>
            {
                file.Refresh();
                return file is { Exists: true, Length: > 512 };
            });
            await process.KillAsync();
        }
        File.Delete(gate);
        var (added, already, failed) = await IndexAsync(0, Store);
        Assert.Equal((300, 0), (added + already, failed));
        Assert.InRange(already, 1, 299);
        await AssertFindsAsync(Store, 300);
    }

    [Fact]
    public async Task A_database_does_as_well()
    {
        await using var postgres = await PostgresServer.StartAsync(Cancel);
        People(70);
        Assert.Equal((70, 0, 0), await IndexAsync(0, postgres.Address));
        Assert.Equal((0, 70, 0), await IndexAsync(0, postgres.Address));
        await AssertFindsAsync(postgres.Address, 70);
    }

    [Fact]
    public async Task After_a_model_of_another_space_nothing_is_mixed_and_the_ways_out_are_named()
    {
        People(3);
        await IndexAsync(0, Store);
        using var repository = new TemporaryFolder();
        TinyPackages.PublishSet(repository.Path, "0b0b0b0b", seed: 2);
        await using var other = await Cluster.StartAsync(repository.Path, Cancel);
        foreach (var verb in new[] { new[] { "find", "faces/person 0/a.png" }, ["index", "new"] })
        {
            Photo("new/person 9/a.png", 9);
            var run = await ExpectAsync(1, ["search", .. verb, "--store", Store, "--address", other.Gateway.GrpcAddress]);
            Assert.All(new[] { TinyPackages.IdentitySpace(TinySystem.SpaceId), TinyPackages.IdentitySpace("0b0b0b0b"), "embed the photos", "train --into" },
                words => Assert.Contains(words, run.Errors, StringComparison.Ordinal));
            // There is no bridge, and so none is promised.
            Assert.DoesNotContain("ipgan search migrate", run.Errors, StringComparison.Ordinal);
        }
        var migrate = await ExpectAsync(1, ["search", "migrate", "--store", Store, "--address", other.Gateway.GrpcAddress]);
        Assert.Contains("no bridge from", migrate.Errors, StringComparison.Ordinal);
        await AssertFindsAsync(Store, 3);
    }

    [Fact]
    public async Task After_a_compatible_update_the_index_stays_good()
    {
        using var repository = new TemporaryFolder();
        TinyPackages.PublishSet(repository.Path, TinySystem.SpaceId, seed: 1);
        await using var cluster = await Cluster.StartAsync(repository.Path, Cancel);
        string[] at = ["--store", Store, "--address", cluster.Gateway.GrpcAddress, "--json"];
        People(3);
        await ExpectAsync(0, ["search", "index", "faces", .. at]);
        // The same space, another version; a real one would be trained to agree, this one is the same network.
        TinyPackages.Publish(repository.Path, ModelRole.IdentityEncoder, TinySystem.SpaceId, seed: 1);
        await cluster.Gateway.PollAsync("serve the new version", async () =>
            (await ExpectAsync(0, ["embed", "faces/person 0/a.png", .. at[2..]])).Json[0].GetProperty("vector").GetProperty("modelVersion").GetString() == "2", Cancel);
        Photo("faces/person 3/a.png", 3);
        await ExpectAsync(0, ["search", "index", "faces", .. at]);
        var matches = (await ExpectAsync(0, ["search", "find", "faces/person 3/a.png", .. at])).Json.GetProperty("matches").EnumerateArray().ToList();
        Assert.Equal(["person 3", "2"], new[] { "person", "modelVersion" }.Select(p => matches[0].GetProperty(p).GetString()));
        Assert.Equal(3, matches.Count(m => m.GetProperty("modelVersion").GetString() == "1"));
    }
}
