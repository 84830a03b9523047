using IpGan.Models;

namespace IpGan.CommandLine.Tests;

public sealed partial class SearchVerbTests
{
    private const string NewSpaceId = "0b0b0b0b";

    [Theory]
    [InlineData(false)]
    [InlineData(true, Explicit = true)]
    public async Task Who_is_removed_is_not_found_any_more(bool database)
    {
        await using var postgres = database ? await PostgresServer.StartAsync(Cancel) : null;
        var store = postgres?.Address ?? Store;
        People(5);
        await IndexAsync(0, store);
        var json = (await ExpectAsync(0, "search", "remove", "--store", store, "--person", "person 1", "--photo", "person 3/a.png", "--json")).Json;
        Assert.Equal(["person 1", "person 3"], json.GetProperty("removed").EnumerateArray().Select(f => f.GetProperty("person").GetString()).Order());
        var found = (await ExpectAsync(0, "search", "find", "faces/person 1/a.png", "--store", store, "--json")).Json.GetProperty("matches").EnumerateArray();
        Assert.Equal(["person 0", "person 2", "person 4"], found.Select(m => m.GetProperty("person").GetString()).Order());

        var again = await ExpectAsync(3, "search", "remove", "--store", store, "--person", "person 1", "--person", "person 2");
        Assert.Contains("person 1: not in the store", again.Errors, StringComparison.Ordinal);
        await ExpectAsync(1, "search", "remove", "--store", store, "--photo", "person 2/a.png");
        // Indexing anew brings back whoever still has photos.
        Assert.Equal((3, 2, 0), await IndexAsync(0, store));
    }

    [Fact]
    public async Task Nobody_is_removed_without_being_named_and_no_store_is_made()
    {
        Assert.Contains("--person or --photo", (await ExpectAsync(2, "search", "remove", "--store", Store)).Errors, StringComparison.Ordinal);
        Assert.Contains("no face file", (await ExpectAsync(1, "search", "remove", "--store", Store, "--person", "anna")).Errors, StringComparison.Ordinal);
        Assert.Contains("no face file", (await ExpectAsync(1, "search", "migrate", "--store", Store)).Errors, StringComparison.Ordinal);
        Assert.Empty(FilesIn("."));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true, Explicit = true)]
    public async Task Over_a_bridge_a_store_follows_to_the_new_space_without_the_photos(bool database)
    {
        await using var postgres = database ? await PostgresServer.StartAsync(Cancel) : null;
        var store = postgres?.Address ?? Store;
        People(5);
        await IndexAsync(0, store);
        await using var newer = await StartNewerAsync();
        string[] at = ["--store", store, "--address", newer.Cluster.Gateway.GrpcAddress];

        var refused = await ExpectAsync(1, ["search", "find", "faces/person 0/a.png", .. at]);
        Assert.Contains("ipgan search migrate", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("25.0 % of searches find the right person first (50.0 % before", refused.Errors, StringComparison.Ordinal);

        var migrated = (await ExpectAsync(0, ["search", "migrate", .. at, "--json"])).Json;
        Assert.Equal((5, TinyPackages.IdentitySpace(NewSpaceId), "2"),
            (migrated.GetProperty("migrated").GetInt32(), migrated.GetProperty("space").GetString(), migrated.GetProperty("modelVersion").GetString()));
        Assert.Equal(0.25f, migrated.GetProperty("measured").GetProperty("found").GetSingle());
        var matches = (await ExpectAsync(0, ["search", "find", "faces/person 0/a.png", .. at, "--json"])).Json.GetProperty("matches").EnumerateArray().ToList();
        Assert.Equal(5, matches.Count);
        Assert.All(matches, m =>
        {
            Assert.Equal($"2 via bridge from 1 of {TinyPackages.IdentitySpace(TinySystem.SpaceId)}", m.GetProperty("modelVersion").GetString());
            // By the bridge's own threshold.
            Assert.Equal(m.GetProperty("score").GetDouble() >= TinyPackages.BridgeThreshold, m.GetProperty("samePerson").GetBoolean());
        });
        // Once is enough, and new faces go beside those that came over.
        Assert.Equal(0, (await ExpectAsync(0, ["search", "migrate", .. at, "--json"])).Json.GetProperty("migrated").GetInt32());
        Photo("faces/person 5/a.png", 5);
        await ExpectAsync(0, ["search", "index", "faces", .. at]);
        var own = (await ExpectAsync(0, ["search", "find", "faces/person 5/a.png", .. at, "--top", "1", "--json"])).Json.GetProperty("matches")[0];
        Assert.Equal(("person 5", "2", true), (own.GetProperty("person").GetString(), own.GetProperty("modelVersion").GetString(), own.GetProperty("samePerson").GetBoolean()));
    }

    [Fact]
    public async Task Who_came_over_a_bridge_is_decided_by_its_threshold_also_after_a_compatible_update()
    {
        People(5);
        await IndexAsync(0, Store);
        await using var newer = await StartNewerAsync();
        string[] at = ["--store", Store, "--address", newer.Cluster.Gateway.GrpcAddress, "--json"];
        await ExpectAsync(0, ["search", "migrate", .. at]);
        // By whose own bridge nobody would be anybody.
        PackagePublisher.Publish(newer.Repository.Path, TinyPackages.WithBridge(TinyPackages.Draft(ModelRole.IdentityEncoder, NewSpaceId, seed: 2), TinySystem.SpaceId, threshold: 1));
        await newer.Cluster.Gateway.PollAsync("serve the new version", async () =>
            (await ExpectAsync(0, ["embed", "faces/person 0/a.png", .. at[2..]])).Json[0].GetProperty("vector").GetProperty("modelVersion").GetString() == "3", Cancel);
        var matches = (await ExpectAsync(0, ["search", "find", "faces/person 0/a.png", .. at])).Json.GetProperty("matches").EnumerateArray().ToList();
        Assert.Contains(matches, m => m.GetProperty("samePerson").GetBoolean());
        Assert.All(matches, m => Assert.Equal(m.GetProperty("score").GetDouble() >= TinyPackages.BridgeThreshold, m.GetProperty("samePerson").GetBoolean()));
    }

    [Fact(Explicit = true)]
    public async Task Killed_while_migrating_it_leaves_the_store_as_it_was_and_can_be_done_again()
    {
        People(5);
        await IndexAsync(0, Store);
        await using var newer = await StartNewerAsync();
        string[] migrate = ["search", "migrate", "--store", Store, "--address", newer.Cluster.Gateway.GrpcAddress];
        // The encoder does not answer: the new file is begun and not ended.
        newer.Cluster.Services[0].Stall();
        using (var process = Start(migrate))
        {
            await process.UntilAsync(() => File.Exists(Path.Combine(Folder, $"{Store}.part")));
            await process.KillAsync();
        }
        newer.Cluster.Services[0].Resume();
        await AssertFindsAsync(Store, 5);
        Assert.Equal(5, (await ExpectAsync(0, [.. migrate, "--json"])).Json.GetProperty("migrated").GetInt32());
    }

    private static async Task<NewerSystem> StartNewerAsync()
    {
        var repository = new TemporaryFolder();
        TinyPackages.PublishSet(repository.Path, NewSpaceId, seed: 2);
        PackagePublisher.Publish(repository.Path, TinyPackages.WithBridge(TinyPackages.Draft(ModelRole.IdentityEncoder, NewSpaceId, seed: 2), TinySystem.SpaceId));
        return new NewerSystem(repository, await Cluster.StartAsync(repository.Path, Cancel));
    }

    /// <summary>One whose identity encoder has a bridge from the tiny system's space.</summary>
    private sealed record NewerSystem(TemporaryFolder Repository, Cluster Cluster) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Cluster.DisposeAsync();
            Repository.Dispose();
        }
    }
}
