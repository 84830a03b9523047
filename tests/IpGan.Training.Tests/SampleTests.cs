using IpGan.Models;
using IpGan.Testing;
using IpGan.Training.Checkpoints;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

/// <summary>The rendered heads that ship, and the weights that ship, on each other.</summary>
public sealed class SampleTests
{
    private static TrainingFaces Load(int size)
    {
        var table = FaceTable.Open(Path.Combine(Checkout.Root, "trainer", "sample"));
        return new TrainingFaces(table, PackedFaces.Open(table, size, Path.Combine(AppContext.BaseDirectory, "cache")));
    }

    [Fact]
    public void The_sample_is_of_64_people_in_12_views_each_all_ways_round()
    {
        var faces = Load(32);
        Assert.Equal(64 * 12, faces.Table.Faces.Count);
        Assert.All(faces.Table.Faces.GroupBy(f => f.Identity), person => Assert.Equal(12, person.Count()));
        Assert.Equal(3, faces.Table.Faces.Where(f => f.Validation).Select(f => f.Identity).Distinct().Count());
        Assert.Equal(61, faces.Classes);
        var yaws = faces.Table.Faces.Select(f => f.Angles!.Value.Yaw).Order().ToList();
        Assert.InRange(yaws[0], -95, -85);
        Assert.InRange(yaws[^1], 85, 95);
        Assert.InRange(yaws[yaws.Count / 2], -10, 10);
    }

    [Fact]
    public void The_shipped_pose_encoder_reads_the_true_angles_of_rendered_heads_and_draws_at_those_that_are_asked_for()
    {
        var file = Path.Combine(Checkout.Root, "trainer", "weights", "faces128.safetensors");
        var (preset, classes) = Checkpoint.ReadOrigin(file);
        using var networks = new NetworkSet(preset.Sizes, classes, CPU);
        Checkpoint.Load(file, networks, optimizers: null);
        var faces = Load(preset.Sizes.ImageSize);
        var anchors = ModelPackage.Open(Path.Combine(Checkout.Root, "models", "pose-encoder", "1")).ReadAnchors();
        var report = HeadAnglesReport.Measure(networks, faces, anchors);
        Assert.Equal(3 * 12 * 2, report.Sum(b => b.Pictures));
        // A wrong sign or another order of rotations would be off by tens of degrees.
        Assert.All(report.Where(b => b.To <= 60), bin =>
        {
            Assert.InRange(bin.YawError, 0, 15);
            Assert.InRange(bin.PitchError, 0, 15);
            Assert.InRange(bin.RollError, 0, 15);
            Assert.InRange(bin.TableYawError, 0, 20);
        });
        // What is drawn from the table that ships has its angles; the generator that ships turns a few degrees further than its weights (TurnFit).
        var vectors = new FaceVectors(networks, faces);
        var asked = AskedYawReport.Measure(vectors, vectors.Identities([.. Enumerable.Range(0, 20).Select(person => person * 12)]), anchors);
        Assert.Equal(13, asked.Count);
        Assert.All(asked.Where(b => Math.Abs(b.Yaw) <= 60), b => Assert.Equal(b.Yaw, b.Seen, 10.0));
        var tilted = vectors.Angles([anchors.Interpolate(0, -15, 15)])[0];
        Assert.Equal(-15, tilted.Pitch, 0.5f);
        Assert.Equal(15, tilted.Roll, 0.5f);
    }
}
