using System.Runtime.InteropServices;
using Google.Protobuf;
using IpGan.Inference;
using IpGan.Models;
using static IpGan.Inference.ModelInferRequest.Types;
using static IpGan.Inference.ModelInferResponse.Types;

namespace IpGan.Serving.Rpc;

/// <summary>Between the tensors of the Open Inference Protocol and a network's.</summary>
internal static class InferTensors
{
    public const string DataType = "FP32";

    private const int MaxBatch = 64;
    private const string Space = "space";

    /// <summary>The network's inputs, in the manifest's order, and how many items they hold.</summary>
    /// <exception cref="InvalidRequestException">A tensor is missing, unknown, of another type or shape, or has a value that is not finite.</exception>
    /// <exception cref="SpaceMismatchException">A vector lives in another space, or does not say in which.</exception>
    public static (int Batch, Memory<float>[] Inputs) Read(ModelInferRequest request, Manifest manifest)
    {
        if (request.Inputs.Count != manifest.Inputs.Count || request.RawInputContents.Count > 0 && request.RawInputContents.Count != request.Inputs.Count)
        {
            throw new InvalidRequestException($"There are {request.Inputs.Count} inputs ({request.RawInputContents.Count} raw); the model has "
                + $"{string.Join(", ", manifest.Inputs.Select(i => $"{i.Name} {i.ShapeText}"))}, all raw or none.");
        }
        long? batch = null;
        var inputs = new Memory<float>[manifest.Inputs.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            var signature = manifest.Inputs[i];
            var index = request.Inputs.ToList().FindIndex(t => t.Name == signature.Name);
            var tensor = index >= 0 ? request.Inputs[index] : throw new InvalidRequestException($"Input '{signature.Name}' {signature.ShapeText} is missing.");
            CheckShape(tensor, signature, batch ??= tensor.Shape.FirstOrDefault());
            CheckSpace(request, tensor, SpaceOf(manifest, signature));
            var values = request.RawInputContents.Count > 0 ? Floats(request.RawInputContents[index]) : [.. tensor.Contents?.Fp32Contents ?? []];
            var expected = tensor.Shape.Aggregate(1L, (a, b) => a * b);
            if (values.Length != expected || !Array.TrueForAll(values, float.IsFinite))
            {
                throw new InvalidRequestException($"Input '{tensor.Name}' has {values.Length} numbers of {DataType}; its shape needs {expected}, all finite.");
            }
            inputs[i] = values;
        }
        return ((int)batch!.Value, inputs);
    }

    /// <summary>Names of the outputs that are asked for.</summary>
    /// <exception cref="InvalidRequestException">One does not exist.</exception>
    public static HashSet<string> Wanted(ModelInferRequest request, Manifest manifest)
    {
        var all = manifest.Outputs.Select(o => o.Name).ToHashSet();
        var unknown = request.Outputs.FirstOrDefault(o => !all.Contains(o.Name));
        return unknown is not null ? throw new InvalidRequestException($"There is no output '{unknown.Name}'; there are {string.Join(", ", all)}.")
            : request.Outputs.Count == 0 ? all : [.. request.Outputs.Select(o => o.Name)];
    }

    /// <summary>Adds an output to the answer.</summary>
    public static void Write(ModelInferResponse response, TensorSignature signature, int batch, float[] values, Manifest manifest, bool raw)
    {
        var tensor = new InferOutputTensor { Name = signature.Name, Datatype = DataType, Shape = { batch, signature.Shape.Skip(1).Select(d => (long)d) } };
        if (SpaceOf(manifest, signature) is { } space)
        {
            tensor.Parameters[Space] = new InferParameter { StringParam = space.Name };
        }
        if (raw)
        {
            response.RawOutputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)));
        }
        else
        {
            tensor.Contents = new InferTensorContents { Fp32Contents = { values } };
        }
        response.Outputs.Add(tensor);
    }

    private static void CheckShape(InferInputTensor tensor, TensorSignature signature, long batch)
    {
        if (tensor.Datatype != DataType || batch is < 1 or > MaxBatch || !tensor.Shape.SequenceEqual([batch, .. signature.Shape.Skip(1).Select(d => (long)d)]))
        {
            throw new InvalidRequestException($"Input '{tensor.Name}' is {tensor.Datatype} [{string.Join(", ", tensor.Shape)}]; "
                + $"it must be {DataType} {signature.ShapeText}, N from 1 to {MaxBatch} and the same for all inputs.");
        }
    }

    private static void CheckSpace(ModelInferRequest request, InferInputTensor tensor, VectorSpace? space)
    {
        if (space is null)
        {
            return;
        }
        var named = tensor.Parameters.GetValueOrDefault(Space) ?? request.Parameters.GetValueOrDefault($"{tensor.Name}_space");
        if (named?.StringParam != space.Name)
        {
            throw new SpaceMismatchException(named is null
                ? $"Input '{tensor.Name}' names no space; this model understands '{space.Name}'. Send the parameter '{Space}' with the input, or '{tensor.Name}_space' with the request."
                : $"Input '{tensor.Name}' is in space '{named.StringParam}', this model understands '{space.Name}'.");
        }
    }

    private static VectorSpace? SpaceOf(Manifest manifest, TensorSignature signature) => signature.Name switch
    {
        "identity" => manifest.IdentitySpace,
        "pose" => manifest.PoseSpace,
        _ => null,
    };

    private static float[] Floats(ByteString raw) => raw.Length % sizeof(float) == 0
        ? MemoryMarshal.Cast<byte, float>(raw.Span).ToArray()
        : throw new InvalidRequestException($"A raw input has {raw.Length} bytes, no whole number of {DataType}.");
}
