using static TorchSharp.torch;

namespace IpGan.Onnx;

/// <summary>An exported model that does not say what the module says; the message has output, error and bound.</summary>
public sealed class OnnxParityException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Runs an exported model in ONNX Runtime and the module it came from in TorchSharp, on the same inputs.</summary>
public sealed class OnnxParity : IDisposable
{
    private readonly OnnxModel _model;

    /// <summary>Loads the model on the CPU.</summary>
    public OnnxParity(byte[] model) => _model = new OnnxModel(model);

    /// <summary>The model's outputs for these inputs, by name, in the model's order.</summary>
    public IReadOnlyList<(string Name, float[] Values)> Run(IReadOnlyDictionary<string, Tensor> inputs) => _model.Run(inputs);

    /// <summary>The largest absolute difference over all outputs, in each output's unit.</summary>
    /// <param name="inputs">The model's inputs by name.</param>
    /// <param name="expected">The module's outputs by name: all that the model has.</param>
    /// <param name="bound">The largest difference allowed.</param>
    /// <param name="units">The unit of an output whose numbers are not about 1, such as degrees; its differences are divided by it.</param>
    /// <exception cref="OnnxParityException">A difference is above <paramref name="bound"/>, or an output is missing, of another size, or not finite.</exception>
    public double Check(IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyDictionary<string, Tensor> expected, double bound = 1e-4,
        IReadOnlyDictionary<string, double>? units = null)
    {
        var largest = 0.0;
        var actual = Run(inputs).ToDictionary(o => o.Name, o => o.Values);
        if (actual.Keys.FirstOrDefault(name => !expected.ContainsKey(name)) is { } unexpected)
        {
            throw new OnnxParityException($"The model has an output '{unexpected}' that the module has not.");
        }
        foreach (var (name, tensor) in expected)
        {
            var unit = units?.GetValueOrDefault(name, 1) ?? 1;
            var truth = tensor.detach().cpu().to(ScalarType.Float32).contiguous().data<float>().ToArray();
            if (!actual.TryGetValue(name, out var values) || values.Length != truth.Length)
            {
                throw new OnnxParityException($"The model has no output '{name}' of {truth.Length} numbers.");
            }
            for (var i = 0; i < truth.Length; i++)
            {
                var error = Math.Abs((double)values[i] - truth[i]) / unit;
                if (!(error <= bound))
                {
                    throw new OnnxParityException(
                        $"Output '{name}' differs by {error:G3} at number {i} (ONNX Runtime {values[i]}, TorchSharp {truth[i]}); the bound is {bound:G3}.");
                }
                largest = Math.Max(largest, error);
            }
        }
        return largest;
    }

    /// <inheritdoc />
    public void Dispose() => _model.Dispose();
}
