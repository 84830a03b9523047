using IpGan.Gateway.Directory;
using IpGan.V1;
using static IpGan.Gateway.Tests.Directory.Services;

namespace IpGan.Gateway.Tests.Directory;

public sealed class TripleSelectorTests
{
    private static readonly Triple OldA = new("1", "1", "1", "identity-A", "pose-A");
    private static readonly Triple NewB = new("2", "2", "2", "identity-B", "pose-B");

    private static ServiceInfo[] All(string[] identity, string[] pose, string[] generator) =>
        [Service(Roles.IdentityEncoder, identity), Service(Roles.PoseEncoder, pose), Service(Roles.Generator, generator)];

    [Fact]
    public void The_active_versions_are_chosen_when_they_share_their_spaces() =>
        Assert.Equal(NewB, TripleSelector.Choose(All(["2*/B", "1/A"], ["2*/B", "1/A"], ["2*/B", "1/A"]), OldA));

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    [InlineData(true, true, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    public void While_some_services_have_a_new_space_the_old_triple_stays(bool identity, bool pose, bool generator)
    {
        static string[] Versions(bool rolled) => rolled ? ["2*/B", "1/A"] : ["1*/A"];
        Assert.Equal(OldA, TripleSelector.Choose(All(Versions(identity), Versions(pose), Versions(generator)), OldA));
    }

    [Fact]
    public void A_version_pinned_on_one_service_only_leaves_the_triple_until_the_others_follow()
    {
        var one = All(["2*/B", "1/A"], ["2*/B", "1/A"], ["2/B", "1*/A"]);
        Assert.Equal(NewB, TripleSelector.Choose(one, NewB));
        var all = All(["2/B", "1*/A"], ["2/B", "1*/A"], ["2/B", "1*/A"]);
        Assert.Equal(OldA, TripleSelector.Choose(all, NewB));
    }

    [Fact]
    public void A_compatible_encoder_is_taken_at_once() =>
        Assert.Equal(OldA with { IdentityEncoder = "2" }, TripleSelector.Choose(All(["2*/A", "1/A"], ["1*/A"], ["1*/A"]), OldA));

    [Fact]
    public void A_triple_that_is_being_unloaded_gives_way_to_the_newest_complete_one()
    {
        var services = All(["3*/C", "2/B", "1-/A"], ["2*/B", "1/A"], ["2*/B", "1/A"]);
        Assert.Equal(NewB, TripleSelector.Choose(services, OldA));
    }

    [Fact]
    public void Without_a_consistent_set_there_is_no_triple()
    {
        Assert.Null(TripleSelector.Choose(All(["2*/B"], ["1*/A"], ["1*/A"]), OldA));
        Assert.Null(TripleSelector.Choose(All(["1*/A"], ["1*/A"], []), OldA));
        Assert.Null(TripleSelector.Choose([.. All(["1*/A"], ["1*/A"], ["1*/A"]).Select(s => s.Role == Roles.Generator ? s.Unreachable() : s)], OldA));
    }

    [Fact]
    public void Replicas_that_are_not_all_rolled_leave_the_triple()
    {
        ServiceInfo[] services =
        [
            Service(Roles.IdentityEncoder, "2*/B", "1/A"), Service(Roles.IdentityEncoder, "1*/A"),
            Service(Roles.PoseEncoder, "2*/B", "1/A"), Service(Roles.Generator, "2*/B", "1/A"),
        ];
        Assert.Equal(OldA, TripleSelector.Choose(services, OldA));
        Assert.Equal(NewB, TripleSelector.Choose([services[0], services[0], .. services[2..]], OldA));
    }

    [Fact]
    public void A_replica_that_starts_empty_takes_nothing_away()
    {
        ServiceInfo[] services = [.. All(["1*/A"], ["1*/A"], ["1*/A"]), Service(Roles.Generator)];
        Assert.Equal(OldA, TripleSelector.Choose(services, null));
        Assert.True(TripleSelector.Has(services[2], OldA));
        Assert.False(TripleSelector.Has(services[3], OldA));
    }

    [Fact]
    public void Of_several_triples_the_newest_by_number_comes_first()
    {
        var triples = TripleSelector.All(All(["9/A", "10/A"], ["1/A"], ["9/A", "10/A", "11/B"]));
        Assert.Equal([("10", "10"), ("9", "10"), ("10", "9"), ("9", "9")], triples.Select(t => (t.IdentityEncoder, t.Generator)));
    }

    [Fact]
    public void The_same_number_in_another_space_is_another_version()
    {
        // Two replicas on two repositories: version 1 is not the same thing there.
        var services = All(["1*/A"], ["1*/A"], ["1*/A"]);
        Assert.False(TripleSelector.Has(Service(Roles.IdentityEncoder, "1*/B"), TripleSelector.Choose(services, null)!));
    }
}
