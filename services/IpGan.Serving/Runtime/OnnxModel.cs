using IpGan.Models;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace IpGan.Serving.Runtime;

/// <summary>A network in ONNX Runtime. Runs are synchronous and may overlap; disposing must not (see <see cref="Versions.LoadedModel"/>).</summary>
public sealed class OnnxModel : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly string[] _inputs;
    private readonly string[] _outputs;
    private readonly long[][] _inputShapes;
    private readonly long[][] _outputShapes;

    /// <summary>Loads the network of a package and compares its real inputs and outputs with what the manifest says.</summary>
    /// <exception cref="PackageInvalidException">It is no ONNX model that this runtime can run, or it has other inputs or outputs.</exception>
    public OnnxModel(ModelPackage package, OnnxDevice device)
    {
        try
        {
            using var options = device.CreateSessionOptions();
            // From bytes: a model that refers to files beside it cannot reach any.
            _session = new InferenceSession(package.Read(ModelPackage.ModelFile), options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new PackageInvalidException($"{ModelPackage.ModelFile} cannot be loaded: {e.Message}", e);
        }
        try
        {
            Compare("input", package.Manifest.Inputs, _session.InputMetadata);
            Compare("output", package.Manifest.Outputs, _session.OutputMetadata);
        }
        catch
        {
            _session.Dispose();
            throw;
        }
        _inputs = [.. package.Manifest.Inputs.Select(i => i.Name)];
        _outputs = [.. package.Manifest.Outputs.Select(o => o.Name)];
        InputLengths = Lengths(package.Manifest.Inputs);
        OutputLengths = Lengths(package.Manifest.Outputs);
        _inputShapes = [.. package.Manifest.Inputs.Select(i => i.Shape.Select(d => (long)d).ToArray())];
        _outputShapes = [.. package.Manifest.Outputs.Select(o => o.Shape.Select(d => (long)d).ToArray())];
    }

    /// <summary>Numbers of each input for one item of the batch.</summary>
    public IReadOnlyList<int> InputLengths { get; }

    /// <summary>Numbers of each output for one item of the batch.</summary>
    public IReadOnlyList<int> OutputLengths { get; }

    /// <summary>Runs the network on <paramref name="batch"/> items: inputs and outputs in the manifest's order, outputs written in place.</summary>
    public void Run(int batch, ReadOnlySpan<Memory<float>> inputs, ReadOnlySpan<Memory<float>> outputs)
    {
        var (given, answers) = (new OrtValue[_inputs.Length], new OrtValue[_outputs.Length]);
        try
        {
            Wrap(inputs, _inputShapes, batch, given);
            Wrap(outputs, _outputShapes, batch, answers);
            _session.Run(_runOptions, _inputs, given, _outputs, answers);
        }
        finally
        {
            foreach (var value in given)
            {
                value?.Dispose();
            }
            foreach (var value in answers)
            {
                value?.Dispose();
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _session.Dispose();
        _runOptions.Dispose();
    }

    private static void Wrap(ReadOnlySpan<Memory<float>> memory, long[][] shapes, int batch, OrtValue[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var dimensions = (long[])shapes[i].Clone();
            dimensions[0] = batch;
            values[i] = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory[i], dimensions);
        }
    }

    private static int[] Lengths(IReadOnlyList<TensorSignature> signatures) => [.. signatures.Select(s => s.Shape.Skip(1).Aggregate(1, (a, b) => a * b))];

    private static void Compare(string what, IReadOnlyList<TensorSignature> expected, IReadOnlyDictionary<string, NodeMetadata> found)
    {
        string Found() => string.Join(", ", found.Select(f => $"{f.Key} [{string.Join(", ", f.Value.Dimensions)}]"));
        if (found.Count != expected.Count)
        {
            throw new PackageInvalidException($"the network has {found.Count} {what}s ({Found()}), the manifest {expected.Count}");
        }
        foreach (var signature in expected)
        {
            if (!found.TryGetValue(signature.Name, out var node))
            {
                throw new PackageInvalidException($"the network has no {what} '{signature.Name}'; it has {Found()}");
            }
            if (node.ElementDataType != TensorElementType.Float || node.Dimensions.Length != signature.Shape.Length
                || node.Dimensions[0] > 0 || !node.Dimensions.Skip(1).SequenceEqual(signature.Shape.Skip(1)))
            {
                throw new PackageInvalidException(
                    $"{what} '{signature.Name}' is {node.ElementDataType} [{string.Join(", ", node.Dimensions)}] in the network, float {signature.ShapeText} in the manifest");
            }
        }
    }
}
