using IpGan.Testing;
using IpGan.Tests;
using IpGan.Training.Recognisers;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class RecogniserSquaresTests
{
    private static readonly float[] Yaws = [-60, -30, 35, 80];

    // 0.06 and 0.05 of half a side away, a fifth larger and turned by 3°.
    private static readonly float[] Elsewhere = [0.06f, -0.05f, 0.18f, 0.05f];

    private static Tensor Pictures() =>
        nn.functional.interpolate(rand(Yaws.Length, 3, 9, 9) * 2 - 1, [128, 128], mode: InterpolationMode.Bilinear, align_corners: false);

    [Fact]
    public void The_squares_that_photos_were_seen_through_are_found_again()
    {
        using var folder = new TemporaryFolder();
        using var recogniser = new FaceApiRecogniser(RandomFaceApi.Write(folder.Path), CPU);
        using var scope = NewDisposeScope();
        random.manual_seed(4);
        var (pictures, yaw) = (Pictures(), tensor(Yaws));
        var usual = RecogniserSquares.Usual(yaw);
        var truth = new RecogniserSquares(usual.Values + tensor(Elsewhere));
        Tensor Seen(RecogniserSquares squares) => recogniser.Descriptors(pictures, squares, ScalarType.Float32);
        var found = RecogniserSquares.Find(recogniser, pictures, yaw, Seen(truth), ScalarType.Float32);
        var (before, after) = ((Seen(usual) - Seen(truth)).norm(1), (Seen(found) - Seen(truth)).norm(1));
        Assert.InRange((after / before).max().item<float>(), 0, 0.5);
        Assert.InRange((found.Values - truth.Values).abs().mean().item<float>(), 0, tensor(Elsewhere).abs().mean().item<float>() / 2);
    }

    [Fact]
    public void What_was_seen_through_the_usual_squares_leaves_them_as_they_are()
    {
        using var folder = new TemporaryFolder();
        using var recogniser = new FaceApiRecogniser(RandomFaceApi.Write(folder.Path), CPU);
        using var scope = NewDisposeScope();
        var (pictures, yaw) = (Pictures(), tensor(Yaws));
        var found = RecogniserSquares.Find(recogniser, pictures, yaw, recogniser.Descriptors(pictures, yaw, zeros_like(yaw), ScalarType.Float32), ScalarType.Float32);
        Assert.True(found.Values.allclose(RecogniserSquares.Usual(yaw).Values));
    }

    [Fact]
    public void Moved_pictures_show_through_other_squares_what_they_had_shown_through_theirs()
    {
        using var scope = NewDisposeScope();
        var pictures = Pictures();
        // Both, and what is moved, inside the picture.
        var from = new RecogniserSquares(tensor(new[] { 0.1f, -0.1f, -0.6f, 0 }).expand(Yaws.Length, 4));
        var to = new RecogniserSquares(from.Values + tensor(Elsewhere));
        Tensor Seen(Tensor shown, RecogniserSquares squares) => RecogniserSquares.Sample(shown, squares.Matrices(), 64);
        var (before, after) = (Seen(pictures, from), Seen(from.MoveTo(to, pictures), to));
        Assert.InRange((before - after).abs().mean().item<float>(), 0, 0.02);
        Assert.InRange((before - Seen(pictures, to)).abs().mean().item<float>(), 0.06, 2);
    }
}
