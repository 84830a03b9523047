using IpGan.Testing;
using IpGan.Tests;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Recognisers;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

public sealed class FaceApiRecogniserTests
{
    private const int Seen = 48;

    [Theory]
    [InlineData(false, 0.9)]
    [InlineData(true, 0.75)]
    public async Task The_published_weights_describe_photos_as_the_descriptors_beside_them_do(bool profile, double least)
    {
        var table = FaceTable.Open(SharedData.Folder("faces"));
        using var package = await NodePackages.InstallAsync("FaceApi", TestContext.Current.CancellationToken);
        var described = table.Faces.Where(f => !f.Validation && f.DescriptorRow >= 0).ToList();
        var centre = table.MeanDescriptor(described);
        var file = Path.Combine(package.Path, "recogniser.onnx");
        using var recogniser = new FaceApiRecogniser(Path.Combine(package.Path, "node_modules", "@vladmandic", "face-api", "model"), CPU);
        await File.WriteAllBytesAsync(file, recogniser.ToOnnx(centre), TestContext.Current.CancellationToken);

        var kind = described.Where(f => f.Profile == profile && f.Angles is not null).ToList();
        var seen = kind.Where((_, i) => i % (kind.Count / Seen) == 0).Take(Seen).ToList();
        using var scope = NewDisposeScope();
        using var judge = FaceJudge.Open(file, _ => seen.Select(f => f.Angles!.Value.Yaw));
        var vectors = judge.Vectors(cat(seen.Select(f => Photos.Picture(f.Path, 128)).ToArray(), 0));
        float[] Expected(Face face) => [.. table.Descriptor(face).ToArray().Zip(centre, (d, c) => d - c)];
        // The crops differ a little, so do the vectors. Of another person they would be about 0.
        var own = seen.Zip(vectors, (face, vector) => (double)nn.functional.cosine_similarity(tensor(vector), tensor(Expected(face)), dim: 0).item<float>()).ToList();
        Assert.InRange(own.Average(), least, 1);
    }

    [Fact]
    public void Its_file_answers_what_it_answers_for_every_yaw()
    {
        using var folder = new TemporaryFolder();
        using var recogniser = Random(folder);
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var parity = new Onnx.OnnxParity(recogniser.ToOnnx([.. Enumerable.Repeat(0.1f, 128)]));
        manual_seed(4);
        var (pictures, yaw) = (rand(5, 3, 128, 128) * 2 - 1, tensor(new float[] { -90, -30, 0, 45, 80 }));
        parity.Check(
            new Dictionary<string, Tensor> { ["image"] = pictures, ["yaw"] = yaw },
            new Dictionary<string, Tensor> { ["vector"] = recogniser.Descriptors(pictures, yaw, zeros_like(yaw), ScalarType.Float32) - 0.1 }, 1e-3);
    }

    [Fact]
    public void What_it_teaches_a_picture_in_bfloat16_is_what_it_teaches_it_in_float32()
    {
        using var folder = new TemporaryFolder();
        using var recogniser = Random(folder);
        using var scope = NewDisposeScope();
        var (yaw, wanted) = (tensor(new float[] { -50, 0, 20, 60 }), randn(4, 128));
        var start = nn.functional.interpolate(rand(4, 3, 16, 16) * 2 - 1, [128, 128], mode: InterpolationMode.Bilinear, align_corners: false);
        Tensor Gradient(ScalarType precision)
        {
            var pictures = start.clone().requires_grad_();
            (nn.functional.normalize(recogniser.Descriptors(pictures, yaw, zeros_like(yaw), precision), p: 2, dim: 1) * wanted).sum().backward();
            return pictures.grad!.flatten();
        }
        var (exact, rough) = (Gradient(ScalarType.Float32), Gradient(ScalarType.BFloat16));
        Assert.InRange(exact.norm().item<float>(), 1e-6, 1e6);
        Assert.InRange(nn.functional.cosine_similarity(exact, rough, dim: 0).item<float>(), 0.9, 1.001);
    }

    [Theory]
    [InlineData(null, "Give the folder 'model' of the npm package @vladmandic/face-api")]
    [InlineData("not json", "are not a network's weights")]
    [InlineData("[]", "has other weights than face-api's recogniser")]
    [InlineData("""[{"paths":["missing.bin"],"weights":[]}]""", "are not a network's weights")]
    [InlineData("""[{"paths":["model.bin"],"weights":[{"name":"fc","shape":[256,128]}]}]""", "are not a network's weights")]
    [InlineData("""[{"paths":["model.bin"],"weights":[{"name":"conv32_down/conv/filters","shape":[2]}]}]""", "has other weights than face-api's recogniser")]
    public void Other_files_are_refused_with_what_would_be_right(string? manifest, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(Path.Combine(folder.Path, "model.bin"), new byte[8]);
        if (manifest is not null)
        {
            File.WriteAllText(Path.Combine(folder.Path, "face_recognition_model-weights_manifest.json"), manifest);
        }
        var error = Assert.Throws<InvalidDataException>(() => new FaceApiRecogniser(folder.Path, CPU));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static FaceApiRecogniser Random(TemporaryFolder folder) => new(RandomFaceApi.Write(folder.Path), CPU);
}
