using IpGan.Generator.Tests;
using IpGan.Models;
using IpGan.V1;

[assembly: AssemblyFixture(typeof(GeneratorFixture))]

namespace IpGan.Generator.Tests;

/// <summary>A running generator with two versions, shared by the tests that leave them as they are.</summary>
public sealed class GeneratorFixture() : HostOfTwoVersions(Project, ModelRole.Generator, Space), IAsyncLifetime
{
    public const string Project = "IpGan.Generator";
    public const string Space = "0000000c";

    public V1.Generator.GeneratorClient Client => new(Host.Channel);

    /// <summary>A person of unit length, another for each seed.</summary>
    public static float[] Person(int seed)
    {
        var values = Values(seed, TinyPackages.IdentityDimension);
        var norm = MathF.Sqrt(values.Sum(v => v * v));
        return [.. values.Select(v => v / norm)];
    }

    public static float[] Pose(int seed) => Values(1000 + seed, TinyPackages.PoseDimension);

    public static Embedding Identity(float[] values, string space = Space) => new() { Values = { values }, Space = TinyPackages.IdentitySpace(space) };

    public static Embedding PoseOf(float[] values, string space = Space) => new() { Values = { values }, Space = TinyPackages.PoseSpace(space) };

    public static GenerateRequest Request(int person, params int[] poses) =>
        new() { Identity = Identity(Person(person)), Poses = { poses.Select(p => PoseOf(Pose(p))) } };

    /// <summary>The picture in a PNG, exactly, as bytes of a tensor.</summary>
    public static byte[] Pixels(GeneratedImage image)
    {
        var rgb = new byte[3 * image.Size * image.Size];
        Imaging.FaceSquare.ReadRgb(image.Content.Memory, null, image.Size, rgb);
        return rgb;
    }

    /// <summary>The picture that a package draws, as <see cref="Pixels"/> has it.</summary>
    public static byte[] Drawn(PackageAnswers answers, int person, int pose)
    {
        var planes = answers.Draw(Person(person), Pose(pose));
        var rgb = new byte[planes.Length];
        Imaging.PlanarRgb.ToBytes(planes, rgb);
        return rgb;
    }

    /// <summary>Fails unless every pixel is the same but for the rounding of sums in another order.</summary>
    public static void AssertSame(byte[] expected, byte[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.Second, pair.First - 1, pair.First + 1));
    }

    private static float[] Values(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(2 * random.NextDouble() - 1))];
    }
}
