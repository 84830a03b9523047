using IpGan.Testing;
using IpGan.Tests;
using IpGan.Training.Recognisers;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class MobileFaceNetTests
{
    [Fact]
    public void It_looks_where_eyes_and_mouth_are_in_any_pose()
    {
        using var folder = new TemporaryFolder();
        using var recogniser = Random(folder);
        using var scope = NewDisposeScope();
        // A quarter of a turn to the left in the picture takes what is above the square's middle to its left.
        var squares = recogniser.Squares(tensor(new float[] { 0, 60, -60, 0 }), tensor(new float[] { 0, 0, 0, 90 })).Values;
        var (upright, right, left, turned) = (squares[0], squares[1], squares[2], squares[3]);
        Assert.InRange(upright[1].item<float>(), -0.5f, -0.3f);
        Assert.InRange(right[0].item<float>(), 0.3f, 0.5f);
        Assert.Equal(-right[0].item<float>(), left[0].item<float>(), 1e-6f);
        Assert.InRange(turned[0].item<float>(), -0.4f, -0.2f);
        Assert.Equal(-Math.PI / 2, turned[3].item<float>(), 1e-5);
        Assert.True(squares.select(1, 2).allclose(upright[2]));
    }

    [Fact]
    public void Descriptors_are_unit_vectors_but_for_what_its_last_layer_cannot_say()
    {
        using var folder = new TemporaryFolder();
        using var recogniser = Random(folder);
        using var scope = NewDisposeScope();
        using var none = no_grad();
        manual_seed(5);
        var seen = recogniser.Descriptors(rand(3, 3, 64, 64) * 2 - 1, zeros([3]), zeros([3]), ScalarType.Float32);
        Assert.Equal([3, 128], seen.shape);
        // Random layers use all of their 192 answers.
        Assert.All(seen.norm(1).data<float>().ToArray(), length => Assert.InRange(length, 0.5f, 1.0001f));
        using var again = Random(folder);
        Assert.True(again.Descriptors(rand(1, 3, 64, 64), zeros([1]), zeros([1]), ScalarType.Float32).isfinite().all().item<bool>());
    }

    [Fact]
    public void What_it_teaches_a_picture_in_bfloat16_is_what_it_teaches_it_in_float32()
    {
        using var folder = new TemporaryFolder();
        using var recogniser = Random(folder);
        using var scope = NewDisposeScope();
        manual_seed(6);
        var (yaw, roll, wanted) = (tensor(new float[] { -50, 0, 20, 60 }), tensor(new float[] { 5, 0, -5, 0 }), randn(4, 128));
        var start = nn.functional.interpolate(rand(4, 3, 16, 16) * 2 - 1, [128, 128], mode: InterpolationMode.Bilinear, align_corners: false);
        Tensor Gradient(ScalarType precision)
        {
            var pictures = start.clone().requires_grad_();
            (nn.functional.normalize(recogniser.Descriptors(pictures, yaw, roll, precision), p: 2, dim: 1) * wanted).sum().backward();
            return pictures.grad!.flatten();
        }
        var (exact, rough) = (Gradient(ScalarType.Float32), Gradient(ScalarType.BFloat16));
        Assert.InRange(exact.norm().item<float>(), 1e-6, 1e6);
        Assert.InRange(nn.functional.cosine_similarity(exact, rough, dim: 0).item<float>(), 0.9, 1.001);
    }

    [Theory]
    [InlineData("not json", "are not a network's weights")]
    [InlineData("[]", "has other weights than MobileFaceNet")]
    [InlineData("""{"weightsManifest":[{"paths":["missing.bin"],"weights":[]}]}""", "are not a network's weights")]
    [InlineData("""{"weightsManifest":[{"paths":["mobilefacenet.bin"],"weights":[{"name":"MobileFaceNet/Logits/LinearConv1x1/Conv2D_weights","shape":[2]}]}]}""", "has other weights than MobileFaceNet")]
    public void Other_files_are_refused(string model, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(Path.Combine(folder.Path, "mobilefacenet.bin"), new byte[8]);
        File.WriteAllText(Path.Combine(folder.Path, "mobilefacenet.json"), model);
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => new MobileFaceNet(folder.Path, CPU)).Message, StringComparison.Ordinal);
    }

    private static MobileFaceNet Random(TemporaryFolder folder) => new(RandomMobileFaceNet.Write(folder.Path), CPU);
}
