using System.Collections.Concurrent;
using IpGan.Imaging;
using IpGan.Models;
using IpGan.V1;

namespace IpGan.EndToEnd.Tests;

/// <summary>What every version that was ever published must answer, computed in the test's own process.</summary>
public sealed class KnownSets(string repository) : IDisposable
{
    private const float Tolerance = 1e-4f;

    private readonly ConcurrentDictionary<(ModelRole Role, string Version), PackageAnswers> _answers = new();

    /// <summary>Fails unless the answer is, number for number and pixel for pixel, what one consistent triple of versions gives.</summary>
    /// <param name="photo">The source's photo.</param>
    /// <param name="pose">The target's photo; the second target is yaw 10.</param>
    /// <param name="response">The gateway's answer to both.</param>
    public void AssertConsistent(byte[] photo, byte[] pose, RotateResponse response)
    {
        var models = response.Models;
        var (identityEncoder, poseEncoder, generator) = (Of(ModelRole.IdentityEncoder, models.IdentityEncoder),
            Of(ModelRole.PoseEncoder, models.PoseEncoder), Of(ModelRole.Generator, models.Generator));
        Assert.Equal(generator.Manifest.IdentitySpace, identityEncoder.Manifest.IdentitySpace);
        Assert.Equal(generator.Manifest.PoseSpace, poseEncoder.Manifest.PoseSpace);

        var identity = identityEncoder.Embed(photo)[0];
        Assert.Equal(identityEncoder.Manifest.IdentitySpace!.Name, response.Identity.Space);
        Vectors.AssertClose(identity, response.Identity.Values, Tolerance);
        float[][] poses = [poseEncoder.Embed(pose)[0], poseEncoder.Anchors!.Interpolate(10, 0, 0)];
        Assert.Equal(poses.Length, response.Images.Count);
        foreach (var (expected, image) in poses.Zip(response.Images))
        {
            Assert.Equal(poseEncoder.Manifest.PoseSpace!.Name, image.Pose.Space);
            Vectors.AssertClose(expected, image.Pose.Values, Tolerance);
            var size = generator.Manifest.ImageSize;
            var (drawn, received) = (new byte[3 * size * size], new byte[3 * size * size]);
            PlanarRgb.ToBytes(generator.Draw(identity, expected), drawn);
            FaceSquare.ReadRgb(image.Content.Memory, null, size, received);
            Assert.True(drawn.Zip(received).All(p => Math.Abs(p.First - p.Second) <= 1), "The picture is not the one that this triple draws.");
        }
    }

    public void Dispose()
    {
        foreach (var answers in _answers.Values)
        {
            answers.Dispose();
        }
    }

    private PackageAnswers Of(ModelRole role, string version) => _answers.GetOrAdd((role, version),
        key => PackageAnswers.Open(repository, key.Role, int.Parse(key.Version, System.Globalization.CultureInfo.InvariantCulture)));
}
