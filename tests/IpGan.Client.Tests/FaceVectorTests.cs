namespace IpGan.Client.Tests;

public sealed class FaceVectorTests
{
    private static IdentityVector Identity(string space, params float[] values) => new(values, space, "1");

    [Fact]
    public void Vectors_of_one_space_are_compared()
    {
        Assert.Equal(1, Identity("a", 0.6f, 0.8f).CosineTo(Identity("a", 0.6f, 0.8f)), 1e-6f);
        Assert.Equal(0.6f, Identity("a", 0.6f, 0.8f).CosineTo(Identity("a", 1, 0)), 1e-6f);
        Assert.Equal(5, new PoseVector(new float[] { 0, 0 }, "p", "1").DistanceTo(new PoseVector(new float[] { 3, 4 }, "p", "2")), 1e-6f);
    }

    [Fact]
    public void Vectors_of_two_spaces_are_not_and_the_message_names_both_and_the_ways_out()
    {
        var e = Assert.Throws<SpaceMismatchException>(() => Identity("identity-old", 1, 0).CosineTo(Identity("identity-new", 1, 0)));
        Assert.Equal(("identity-old", "identity-new"), (e.One, e.Other));
        Assert.All(["'identity-old'", "'identity-new'", "embed", "train --into"], words => Assert.Contains(words, e.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Equal_numbers_are_equal_vectors_in_one_space_only()
    {
        Assert.Equal(Identity("a", 1, 2), Identity("a", 1, 2));
        Assert.Equal(Identity("a", 1, 2).GetHashCode(), Identity("a", 1, 2).GetHashCode());
        Assert.NotEqual(Identity("a", 1, 2), Identity("b", 1, 2));
        Assert.NotEqual(Identity("a", 1, 2), Identity("a", 1, 3));
    }
}
