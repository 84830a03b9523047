using System.Text;

namespace IpGan.Models.Tests;

/// <summary>Sound packages of every role. Their networks are a few bytes: nothing here looks inside a network.</summary>
internal static class Drafts
{
    public const int Identity = 6;
    public const int Pose = 2;
    private const int Size = 16;
    private const int FinderSize = 128;

    public static PackageDraft Create(ModelRole role, int batch = 2)
    {
        var size = role == ModelRole.FaceFinder ? FinderSize : Size;
        var image = new TensorSignature("image", [-1, 3, size, size]);
        var identity = new TensorSignature("identity", [-1, Identity]);
        var pose = new TensorSignature("pose", [-1, Pose]);
        var files = new Dictionary<string, byte[]>
        {
            [ModelPackage.ModelFile] = Encoding.UTF8.GetBytes($"the network of a {role.Name()}"),
            [ModelPackage.CardFile] = "# Card"u8.ToArray(),
        };
        switch (role)
        {
            case ModelRole.PoseEncoder:
                files[ModelPackage.AnchorsFile] = Encoding.UTF8.GetBytes(Anchors().ToJson());
                return Complete(role, files, batch, [image], [pose, new TensorSignature("angles", [-1, 3])]);
            case ModelRole.Generator:
                files[ModelPackage.PriorFile] = Prior().ToBytes();
                return Complete(role, files, batch, [identity, pose], [image]);
            case ModelRole.FaceFinder:
                return Complete(role, files, batch, [image], [new TensorSignature("faces", [-1, 5, 6])]);
            default:
                return Complete(role, files, batch, [image], [identity]);
        }
    }

    public static PoseAnchors Anchors() =>
        new([-30, 0, 45], [-10, 10], [0], [.. Enumerable.Range(0, 6).Select(i => new float[] { i, -0.1f * i })]);

    public static IdentityPrior Prior()
    {
        var factor = new float[Identity * Identity];
        for (var i = 0; i < Identity; i++)
        {
            factor[i * Identity + i] = 0.5f + i;
            factor[i * Identity] += 0.25f;
        }
        return new IdentityPrior([0.1f, 0.2f, 0.3f, 0, 0, -0.4f], factor);
    }

    /// <summary>Publishes and returns the package's folder.</summary>
    public static string Publish(TemporaryFolder root, ModelRole role) =>
        new ModelRepository(root.Path).Folder(role, PackagePublisher.Publish(root.Path, Create(role)));

    private static PackageDraft Complete(
        ModelRole role, Dictionary<string, byte[]> files, int batch, TensorSignature[] inputs, TensorSignature[] outputs)
    {
        var tensors = new List<GoldenTensor>();
        foreach (var (kind, signature) in inputs.Select(s => ("input", s)).Concat(outputs.Select(s => ("output", s))))
        {
            int[] shape = [batch, .. signature.Shape.Skip(1)];
            var path = $"golden/{signature.Name}.f32";
            tensors.Add(new GoldenTensor(signature.Name, kind, shape, path));
            files[path] = PackageDraft.Floats(Values(signature.Name, shape.Aggregate((a, b) => a * b)));
        }
        var manifest = new Manifest
        {
            Role = role.Name(),
            Created = new DateTimeOffset(2026, 11, 24, 16, 0, 0, TimeSpan.Zero),
            TrainingRun = "a-run",
            ImageSize = role == ModelRole.FaceFinder ? FinderSize : Size,
            CropRule = "square1",
            IdentitySpace = role is ModelRole.PoseEncoder or ModelRole.FaceFinder ? null : new VectorSpace(SpaceNames.Create("identity", "7f3a9c21", "square1"), Identity),
            PoseSpace = role is ModelRole.IdentityEncoder or ModelRole.FaceFinder ? null : new VectorSpace(SpaceNames.Create("pose", "7f3a9c21", "square1"), Pose),
            Inputs = inputs,
            Outputs = outputs,
            Finder = role == ModelRole.FaceFinder ? new FinderFigures(0.5, 0.9, 0.8, "nothing: this package is for tests") : null,
            Golden = new GoldenSet(0.001, tensors),
        };
        return new PackageDraft(manifest, files);
    }

    /// <summary>What the golden files hold.</summary>
    public static float[] Values(string name, int count) => [.. Enumerable.Range(0, count).Select(i => MathF.Sin(i + name.Length))];
}
