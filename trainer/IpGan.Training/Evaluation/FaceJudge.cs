using IpGan.Onnx;
using static TorchSharp.torch;

namespace IpGan.Training.Evaluation;

/// <summary>Whoever says whether two pictures show the same person: unit vectors of pictures, whose cosine is the score.</summary>
public sealed class FaceJudge : IDisposable
{
    private readonly Func<Tensor, Tensor> _vectors;
    private readonly OnnxModel? _owned;

    private FaceJudge(string name, Func<Tensor, Tensor> vectors, OnnxModel? owned) => (Name, _vectors, _owned) = (name, vectors, owned);

    /// <summary>What it is called in tables.</summary>
    public string Name { get; }

    /// <summary>The identity encoder of a model.</summary>
    public static FaceJudge Of(FaceModel model, string name) => new(name, model.Identity, null);

    /// <summary>An independent recogniser: an ONNX file with an input [N, 3, S, S], in [−1, 1], and vectors [N, D] as its first output. It may ask for the pictures' yaw, too: [N], in degrees.</summary>
    /// <param name="file">The file.</param>
    /// <param name="yaw">Reads the yaw in pictures, for a recogniser that asks for it.</param>
    /// <exception cref="InvalidDataException">It has other inputs.</exception>
    public static FaceJudge Open(string file, Func<Tensor, IEnumerable<float>>? yaw = null)
    {
        var model = OnnxModel.Open(file);
        var turned = yaw is null ? null : model.Inputs.FirstOrDefault(i => i.Shape.Length == 1).Name;
        if (model.Inputs.Where(i => i.Name != turned).ToArray() is not [var (name, shape)] || shape is not [_, 3, > 0, var side] || shape[2] != side)
        {
            var found = string.Join("; ", model.Inputs.Select(i => $"{i.Name} [{string.Join(", ", i.Shape)}]"));
            model.Dispose();
            throw new InvalidDataException($"'{file}' has the inputs {found}; a judge has one, [N, 3, S, S]{(yaw is null ? "" : ", and may have another one, [N], for the yaw")}.");
        }
        return new FaceJudge(Path.GetFileNameWithoutExtension(file), pictures =>
        {
            // One picture at a time where the model allows no more.
            var resized = FaceModel.Resize(pictures, side);
            var parts = shape[0] > 0 ? resized.split(shape[0]) : [resized];
            return cat(parts.Select(part =>
            {
                var inputs = new Dictionary<string, Tensor> { [name] = part };
                if (turned is not null)
                {
                    inputs.Add(turned, tensor(yaw!(part).ToArray()));
                }
                return tensor(model.Run(inputs)[0].Values).view(part.shape[0], -1);
            }).ToArray(), 0);
        }, model);
    }

    /// <summary>Unit vectors of pictures [N, 3, S, S].</summary>
    public float[][] Vectors(Tensor pictures)
    {
        using var scope = NewDisposeScope();
        return FaceVectors.Split(nn.functional.normalize(_vectors(pictures), p: 2, dim: 1));
    }

    /// <summary>The score of two vectors.</summary>
    public static double Score(float[] a, float[] b) => System.Numerics.Tensors.TensorPrimitives.Dot<float>(a, b);

    /// <inheritdoc />
    public void Dispose() => _owned?.Dispose();
}
