using IpGan.Serving.Runtime;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace IpGan.Onnx;

/// <summary>A model in ONNX Runtime, on the CPU, fed with and answering in numbers of TorchSharp's kind.</summary>
public sealed class OnnxModel : IDisposable
{
    private readonly InferenceSession _session;

    /// <summary>Loads it.</summary>
    public OnnxModel(byte[] model)
    {
        OnnxTelemetry.Disable();
        using var options = new SessionOptions();
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        _session = new InferenceSession(model, options);
    }

    /// <summary>Loads it from a file.</summary>
    /// <exception cref="InvalidDataException">ONNX Runtime does not take it for a model.</exception>
    public static OnnxModel Open(string file)
    {
        try
        {
            return new OnnxModel(File.ReadAllBytes(file));
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidDataException($"'{file}' is no ONNX model that can be run: {e.Message}", e);
        }
    }

    /// <summary>The float32 inputs: name and shape, −1 where any number goes.</summary>
    public IReadOnlyList<(string Name, int[] Shape)> Inputs => [.. _session.InputMetadata.Where(i => i.Value.ElementType == typeof(float)).Select(i => (i.Key, i.Value.Dimensions))];

    /// <summary>The outputs for these inputs, by name, in the model's order.</summary>
    public IReadOnlyList<(string Name, float[] Values)> Run(IReadOnlyDictionary<string, Tensor> inputs)
    {
        var values = inputs.ToDictionary(i => i.Key, i => OrtValue.CreateTensorValueFromMemory(
            i.Value.detach().cpu().to(ScalarType.Float32).contiguous().data<float>().ToArray(), i.Value.shape));
        try
        {
            using var options = new RunOptions();
            using var outputs = _session.Run(options, values, _session.OutputNames);
            return [.. _session.OutputNames.Zip(outputs, (name, value) => (name, value.GetTensorDataAsSpan<float>().ToArray()))];
        }
        finally
        {
            foreach (var value in values.Values)
            {
                value.Dispose();
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _session.Dispose();
}
