using CsCheck;

namespace IpGan.Models.Tests;

public sealed class IdentityBridgeTests : IDisposable
{
    private const string Older = "identity-0a0a0a0a@square1+given";
    private const string Path = "bridges/older.f32";
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    private static IdentityBridge Map(int from = 3) => new(from, Drafts.Identity, [.. Enumerable.Range(0, Drafts.Identity * (from + 1)).Select(i => MathF.Cos(i))]);

    private static BridgeEntry Entry() => new(new VectorSpace(Older, 3), Path, new BridgeFigures(0.4, 0.8, 0.85, 0.9, 0.3, 0.4, 0.5, "nobody"));

    private static PackageDraft Draft(params BridgeEntry[] bridges)
    {
        var draft = Drafts.Create(ModelRole.IdentityEncoder);
        return new PackageDraft(draft.Manifest with { Bridges = bridges }, new Dictionary<string, byte[]>(draft.Files) { [Path] = Map().ToBytes() });
    }

    [Fact]
    public void It_is_an_affine_map_onto_the_unit_sphere()
    {
        Gen.Float[-1, 1].Array[3].Sample(vector =>
        {
            var rows = Enumerable.Range(0, Drafts.Identity * 4).Select(i => MathF.Cos(i)).ToArray();
            var expected = rows.Chunk(4).Select(r => (double)r[0] * vector[0] + (double)r[1] * vector[1] + (double)r[2] * vector[2] + r[3]).ToArray();
            var length = Math.Sqrt(expected.Sum(v => v * v));
            var crossed = Map().Cross(vector);
            Assert.Equal(1, Math.Sqrt(crossed.Sum(v => (double)v * v)), 1e-5);
            Assert.All(expected.Zip(crossed), p => Assert.Equal(p.First / length, p.Second, 1e-5));
        });
    }

    [Fact]
    public void Numbers_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new IdentityBridge(3, 2, new float[7]));
        Assert.Throws<ArgumentException>(() => new IdentityBridge(3, 2, [.. new float[7], float.NaN]));
        Assert.Throws<ArgumentException>(() => new IdentityBridge(0, 2, []));
        Assert.Throws<ArgumentException>(() => Map().Cross(new float[4]));
    }

    [Fact]
    public void A_package_carries_it_with_what_was_measured()
    {
        var version = PackagePublisher.Publish(_root.Path, Draft(Entry()));
        var package = ModelPackage.Open(new ModelRepository(_root.Path).Folder(ModelRole.IdentityEncoder, version));
        Assert.Equal(Entry(), Assert.Single(package.Manifest.Bridges!));
        float[] vector = [0.6f, 0, -0.8f];
        Assert.Equal(Map().Cross(vector), package.ReadBridges()[Older].Cross(vector));
    }

    public static TheoryData<string, BridgeEntry> Wrong()
    {
        var entry = Entry();
        return new()
        {
            { "must be another identity space", entry with { From = new VectorSpace(SpaceNames.Create("identity", "7f3a9c21", "square1"), 3) } },
            { "must be another identity space", entry with { From = new VectorSpace("pose-0a0a0a0a@square1+given", 3) } },
            { "must be another identity space", entry with { From = null! } },
            { "was measured as", entry with { Measured = null! } },
            { "was measured as", entry with { Measured = entry.Measured with { Found = 1.5 } } },
            { "was measured as", entry with { Measured = entry.Measured with { Threshold = 1.5 } } },
            { "was measured as", entry with { Measured = entry.Measured with { MeasuredOn = "" } } },
            { "is not listed", entry with { Path = "bridges/none.f32" } },
            { "its spaces need", entry with { From = entry.From with { Dimension = 4 } } },
        };
    }

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void One_that_is_not_sound_is_not_published(string problem, BridgeEntry entry) =>
        Assert.Contains(problem, Assert.Throws<PackageInvalidException>(() => PackagePublisher.Publish(_root.Path, Draft(entry))).Message, StringComparison.Ordinal);

    [Fact]
    public void Two_from_one_space_are_refused() =>
        Assert.Contains("more than one", Assert.Throws<PackageInvalidException>(() => PackagePublisher.Publish(_root.Path, Draft(Entry(), Entry()))).Message, StringComparison.Ordinal);

    [Fact]
    public void Only_identity_encoders_have_them()
    {
        var draft = Drafts.Create(ModelRole.PoseEncoder);
        var e = Assert.Throws<PackageInvalidException>(() => PackagePublisher.Publish(_root.Path, draft with { Manifest = draft.Manifest with { Bridges = [Entry()] } }));
        Assert.Contains("has no bridges", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_with_a_number_that_is_not_finite_is_refused()
    {
        var draft = Draft(Entry());
        var files = new Dictionary<string, byte[]>(draft.Files) { [Path] = PackageDraft.Floats([.. Enumerable.Repeat(float.NaN, Drafts.Identity * 4)]) };
        Assert.Contains(Path, Assert.Throws<PackageInvalidException>(() => PackagePublisher.Publish(_root.Path, draft with { Files = files })).Message, StringComparison.Ordinal);
    }
}
