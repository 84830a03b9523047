using Google.Protobuf;
using Grpc.Core;
using IpGan.Gateway.Rotation;
using IpGan.V1;

namespace IpGan.Gateway.Tests.Rotation;

public sealed class SourceTests(TinyCluster cluster) : IClassFixture<TinyCluster>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private FaceRotation.FaceRotationClient Client => new(cluster.Gateway.Channel);

    private static Image Photo(int seed) => new() { Content = ByteString.CopyFrom(Pictures.Square(seed)), Cropped = true };

    private static RotationSource Person(int seed) => new() { Image = Photo(seed) };

    private static RotationSource Between(RotationSource? from, RotationSource? to, float amount) =>
        new() { Interpolation = new Interpolation { From = from, To = to, Amount = amount } };

    private double[] Vector(int seed) => [.. cluster.Identity(Pictures.Square(seed)).Select(v => (double)v)];

    private Task<ResolveIdentityResponse> ResolveAsync(RotationSource source) =>
        Client.ResolveIdentityAsync(new ResolveIdentityRequest { Source = source }, cancellationToken: Cancel).ResponseAsync;

    private static void AssertEqual(IEnumerable<double> expected, IReadOnlyCollection<float> actual) =>
        Vectors.AssertClose([.. expected.Select(v => (float)v)], actual, 1e-5f);

    [Fact]
    public async Task Several_photos_give_their_median_and_how_each_agrees()
    {
        var source = new RotationSource { Images = new ImageSet { Images = { Photo(1), Photo(2), Photo(3) } } };
        var response = await ResolveAsync(source);

        double[][] vectors = [Vector(1), Vector(2), Vector(3)];
        var median = Sphere.Median(vectors);
        AssertEqual(median, response.Identity.Values);
        AssertEqual(vectors.Select(v => Sphere.Cosine(v, median)), response.Agreement);
        Assert.Equal(("1", TinyPackages.IdentitySpace(TinyCluster.SpaceId)), (response.Identity.ModelVersion, response.Identity.Space));
        Assert.Equal(new ModelTriple { IdentityEncoder = "1", PoseEncoder = "1", Generator = "1" }, response.Models);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3f)]
    [InlineData(1)]
    public async Task Somebody_between_two_people_can_be_resolved_and_drawn(float amount)
    {
        var other = (await ResolveAsync(Person(6))).Identity;
        var source = Between(Person(5), new RotationSource { Identity = other }, amount);

        var expected = Sphere.Interpolate(Vector(5), Vector(6), amount, "source.interpolation");
        AssertEqual(expected, (await ResolveAsync(source)).Identity.Values);
        var drawn = await Client.RotateAsync(new RotateRequest { Source = source, Targets = { new RotationTarget { Angles = new Angles() } } }, cancellationToken: Cancel);
        cluster.AssertDrawn([.. expected.Select(v => (float)v)], cluster.Pose.Anchors!.Interpolate(0, 0, 0), drawn.Images[0].Content.Memory);
    }

    [Fact]
    public async Task A_new_person_is_the_same_for_the_same_seed()
    {
        RotationSource New(ulong seed) => new() { NewPerson = new NewPerson { Seed = seed } };
        var first = (await ResolveAsync(New(7))).Identity;
        Assert.Equal(first, (await ResolveAsync(New(7))).Identity);
        Assert.NotEqual(first, (await ResolveAsync(New(8))).Identity);
        var rotated = await Client.RotateAsync(
            new RotateRequest { Source = New(7), Targets = { new RotationTarget { Preset = PosePreset.Frontal } } }, cancellationToken: Cancel);
        Assert.Equal(first, rotated.Identity);
    }

    [Fact]
    public async Task Two_photos_are_compared_by_the_threshold_of_the_package()
    {
        var same = await CompareAsync(Person(1), Person(1));
        Assert.Equal(1, same.Score, 1e-5f);
        Assert.Equal((true, (float)TinyPackages.MatchThreshold, "1"), (same.SamePerson, same.Threshold, same.ModelVersion));
        Assert.Equal(TinyPackages.IdentitySpace(TinyCluster.SpaceId), same.Space);

        var other = await CompareAsync(Person(1), Person(2));
        var cosine = Sphere.Cosine(Vector(1), Vector(2));
        Assert.Equal(cosine, other.Score, 1e-5);
        Assert.Equal(cosine >= TinyPackages.MatchThreshold, other.SamePerson);
    }

    [Fact]
    public async Task Vectors_of_a_space_that_is_no_longer_loaded_are_compared_without_a_decision()
    {
        RotationSource Old(params float[] values) => new() { Identity = new Embedding { Values = { values }, Space = "identity-ffffffff@square1+given" } };
        var answer = await CompareAsync(Old(2, 0), Old(1, 1));
        Assert.Equal(Math.Sqrt(0.5), answer.Score, 1e-6);
        Assert.False(answer.HasSamePerson || answer.HasThreshold);
    }

    [Fact]
    public async Task Vectors_of_two_spaces_are_never_compared()
    {
        var old = new RotationSource { Identity = new Embedding { Values = { 1, 0 }, Space = "identity-ffffffff@square1+given" } };
        var own = new RotationSource { Identity = (await ResolveAsync(Person(1))).Identity };
        foreach (var other in new[] { Person(1), own })
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => CompareAsync(old, other));
            Assert.Equal(StatusCode.FailedPrecondition, error.StatusCode);
            Assert.Contains("identity-ffffffff@square1+given", error.Status.Detail, StringComparison.Ordinal);
            Assert.Contains(TinyPackages.IdentitySpace(TinyCluster.SpaceId), error.Status.Detail, StringComparison.Ordinal);
        }
    }

    public static TheoryData<RotationSource?, string> BadSources => new()
    {
        { null, "source is missing" },
        { new RotationSource { Images = new ImageSet() }, "source.images has 0 photos; send 1 to 32." },
        { new RotationSource { Images = new ImageSet { Images = { Enumerable.Repeat(Photo(1), 33) } } }, "source.images has 33 photos" },
        { new RotationSource { Images = new ImageSet { Images = { Photo(1), new Image() } } }, "source.images[1]: " },
        { Between(Person(1), Person(2), -0.1f), "source.interpolation.amount is -0.1" },
        { Between(Person(1), Person(2), float.NaN), "source.interpolation.amount is NaN" },
        { Between(Person(1), null, 0.5f), "source.interpolation.to is missing" },
        { Between(Between(Person(1), Person(1), 0), Person(2), 0.5f), "source.interpolation.from is an interpolation itself" },
        { Between(Person(1), new RotationSource { Image = new Image() }, 0.5f), "source.interpolation.to.image: " },
    };

    [Theory]
    [MemberData(nameof(BadSources))]
    public async Task A_bad_source_is_told_what_is_wrong_and_where(RotationSource? source, string message)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => ResolveAsync(source!));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
        Assert.Contains(message, error.Status.Detail, StringComparison.Ordinal);
    }

    private Task<CompareResponse> CompareAsync(RotationSource a, RotationSource b) =>
        Client.CompareAsync(new CompareRequest { A = a, B = b }, cancellationToken: Cancel).ResponseAsync;
}
