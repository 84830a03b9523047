using IpGan.Imaging;
using IpGan.Models;
using Microsoft.ML.OnnxRuntime;

namespace IpGan.Testing;

/// <summary>
/// What a published package answers, computed in the test's own process: hold an answer of a service against the version that it names.
/// It stays usable after the package's folder is gone. Safe to call from many threads.
/// </summary>
public sealed class PackageAnswers : IDisposable
{
    private readonly ModelPackage _package;
    private readonly InferenceSession _session;

    private PackageAnswers(ModelPackage package)
    {
        _package = package;
        // As in a service: a request takes one thread.
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        _session = new InferenceSession(File.ReadAllBytes(package.ModelPath), options);
        Anchors = package.Role == ModelRole.PoseEncoder ? package.ReadAnchors() : null;
        Prior = package.Role == ModelRole.Generator ? package.ReadPrior() : null;
    }

    /// <summary>Opens a version of a repository.</summary>
    public static PackageAnswers Open(string root, ModelRole role, int version) => new(ModelPackage.Open(new ModelRepository(root).Folder(role, version)));

    public Manifest Manifest => _package.Manifest;

    /// <summary>Pose encoders only.</summary>
    public PoseAnchors? Anchors { get; }

    /// <summary>Generators only.</summary>
    public IdentityPrior? Prior { get; }

    /// <summary>The outputs for a photo, in the manifest's order: identity; or pose and angles.</summary>
    public float[][] Embed(byte[] photo, FacePlace? face = null)
    {
        var planes = new float[3 * Manifest.ImageSize * Manifest.ImageSize];
        FaceSquare.Read(photo, face, Manifest.ImageSize, planes);
        return Run(_session, Manifest.Inputs, Manifest.Outputs, 1, _ => planes);
    }

    /// <summary>The picture, [3, size, size] in [−1, 1]. The identity is used as it is.</summary>
    public float[] Draw(float[] identity, float[] pose) =>
        Run(_session, Manifest.Inputs, Manifest.Outputs, 1, name => name == "identity" ? identity : pose)[0];

    public void Dispose() => _session.Dispose();

    internal static float[][] Run(
        byte[] model, IReadOnlyList<TensorSignature> inputs, IReadOnlyList<TensorSignature> outputs, int batch, Func<string, float[]> values)
    {
        using var session = new InferenceSession(model);
        return Run(session, inputs, outputs, batch, values);
    }

    private static float[][] Run(
        InferenceSession session, IReadOnlyList<TensorSignature> inputs, IReadOnlyList<TensorSignature> outputs, int batch, Func<string, float[]> values)
    {
        using var options = new RunOptions();
        var given = inputs.ToDictionary(i => i.Name, i => OrtValue.CreateTensorValueFromMemory(values(i.Name), [batch, .. i.Shape.Skip(1)]));
        try
        {
            using var results = session.Run(options, given, [.. outputs.Select(o => o.Name)]);
            return [.. results.Select(r => r.GetTensorDataAsSpan<float>().ToArray())];
        }
        finally
        {
            foreach (var value in given.Values)
                value.Dispose();
        }
    }
}
