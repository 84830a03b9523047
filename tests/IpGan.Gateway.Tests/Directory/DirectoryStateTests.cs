using Grpc.Core;
using IpGan.Gateway.Directory;
using IpGan.V1;
using static IpGan.Gateway.Tests.Directory.Services;

namespace IpGan.Gateway.Tests.Directory;

public sealed class DirectoryStateTests
{
    private static DirectoryState State(params ServiceInfo[] services) =>
        new([.. services], [.. services.Select(_ => (ServiceInfo?)null)], TripleSelector.Choose(services, null));

    private static readonly DirectoryState TwoSets = State(
        Service(Roles.IdentityEncoder, "2*/B", "1/A"), Service(Roles.PoseEncoder, "2*/B", "1/A"), Service(Roles.Generator, "2*/B", "1/A"));

    [Fact]
    public void A_face_finder_is_listed_after_the_services_and_takes_no_part_in_the_triple()
    {
        var finder = Service(Roles.FaceFinder, "7*/-");
        var snapshot = (TwoSets with { Finders = [finder, null, null] }).ToSnapshot();

        Assert.Equal([Roles.IdentityEncoder, Roles.PoseEncoder, Roles.Generator, Roles.FaceFinder], snapshot.Services.Select(s => s.Role));
        Assert.Equal(TwoSets.ToSnapshot().Serving, snapshot.Serving);
        Assert.Empty(snapshot.Note);
    }

    [Fact]
    public void A_request_without_vectors_gets_the_triple_in_use() => Assert.Equal("2", TwoSets.Choose([], []).Generator);

    [Fact]
    public void A_vector_from_an_older_space_gets_the_triple_that_understands_it()
    {
        Assert.Equal("1", TwoSets.Choose(["identity-A"], []).Generator);
        Assert.Equal("1", TwoSets.Choose([], ["pose-A"]).PoseEncoder);
        Assert.Equal("1", TwoSets.Choose(["identity-A"], ["pose-A", "pose-A"]).IdentityEncoder);
    }

    [Theory]
    [InlineData("identity-X", "pose-B", "'identity-X'")]
    [InlineData("identity-A", "pose-B", "'identity-A'")]
    [InlineData("", "pose-B", "no named space")]
    public void Vectors_that_no_triple_understands_are_refused_with_both_sides(string identity, string pose, string named)
    {
        var error = Assert.Throws<RpcException>(() => TwoSets.Choose([identity], [pose]));
        Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
        Assert.Contains(named, error.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("'identity-B' with 'pose-B'", error.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("'identity-A' with 'pose-A'", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_triple_the_refusal_says_what_is_loaded_and_who_is_lost()
    {
        var state = State(Service(Roles.IdentityEncoder, "2*/B"), Service(Roles.PoseEncoder, "1*/A"), Service(Roles.Generator, "1*/A").Unreachable());
        var error = Assert.Throws<RpcException>(() => state.Choose([], []));
        Assert.Equal(StatusCode.Unavailable, error.StatusCode);
        Assert.Contains("The generator at http://generator cannot be reached.", error.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("Loaded identity-encoder: 2 (identity-B).", error.Status.Detail, StringComparison.Ordinal);
        Assert.Contains("No generator is loaded.", error.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void The_snapshot_says_why_the_triple_differs_from_the_active_versions()
    {
        var old = State(Service(Roles.IdentityEncoder, "1*/A"), Service(Roles.PoseEncoder, "1*/A"), Service(Roles.Generator, "1*/A"));
        Assert.Equal("", old.ToSnapshot().Note);
        ServiceInfo[] rolling = [Service(Roles.IdentityEncoder, "2*/B", "1/A"), old.Services[1], old.Services[2]];
        var snapshot = new DirectoryState([.. rolling], [.. rolling.Select(_ => (ServiceInfo?)null)], TripleSelector.Choose(rolling, old.Serving)).ToSnapshot();
        Assert.Equal("1", snapshot.Serving.IdentityEncoder);
        Assert.Contains("Active are identity-encoder 2, pose-encoder 1, generator 1", snapshot.Note, StringComparison.Ordinal);
    }
}
