using Microsoft.ML.OnnxRuntime;

namespace IpGan.Serving.Runtime;

/// <summary>Finds out whether ONNX Runtime can really compute on a GPU here, and says why not.</summary>
internal static class GpuProbe
{
    /// <summary>
    /// y = Relu(x), x of one number, as ONNX: IR version 8; a graph of node, name, input and output; opset 13. So small that no package must bring it.
    /// </summary>
    internal static readonly byte[] Relu =
    [
        0x08, 8,
        0x3A, 51,
        0x0A, 12, 0x0A, 1, (byte)'x', 0x12, 1, (byte)'y', 0x22, 4, .. "Relu"u8,
        0x12, 1, (byte)'g',
        0x5A, 15, 0x0A, 1, (byte)'x', 0x12, 10, 0x0A, 8, 0x08, 1, 0x12, 4, 0x0A, 2, 0x08, 1,
        0x62, 15, 0x0A, 1, (byte)'y', 0x12, 10, 0x0A, 8, 0x08, 1, 0x12, 4, 0x0A, 2, 0x08, 1,
        0x42, 4, 0x0A, 0, 0x10, 13,
    ];

    /// <summary>Null if networks can run on a GPU.</summary>
    public static string? FindProblem()
    {
        // Without a driver, appending the provider throws after an alarming native message: not tried.
        if (OperatingSystem.IsLinux() && !File.Exists("/dev/nvidiactl") && !File.Exists("/dev/dxg"))
        {
            return "there is no NVIDIA driver";
        }
        try
        {
            using var options = new SessionOptions();
            // Where cuDNN or cuBLAS do not match, ONNX Runtime falls back to the CPU without a word, unless it is told not to.
            options.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1");
            AppendCuda(options);
            return Run(options);
        }
        catch (OnnxRuntimeException e)
        {
            return $"ONNX Runtime cannot use CUDA: {e.Message}";
        }
    }

    /// <summary>Networks of fixed size, many small ones: no search for the quickest algorithm at each new batch, and no more memory than is asked for.</summary>
    public static void AppendCuda(SessionOptions options)
    {
        using var cuda = new OrtCUDAProviderOptions();
        cuda.UpdateOptions(new Dictionary<string, string>
        {
            ["cudnn_conv_algo_search"] = "HEURISTIC",
            ["arena_extend_strategy"] = "kSameAsRequested",
        });
        options.AppendExecutionProvider_CUDA(cuda);
    }

    /// <summary>Runs the probe with the given options; null if the answer is right.</summary>
    internal static string? Run(SessionOptions options)
    {
        using var session = new InferenceSession(Relu, options);
        using var run = new RunOptions();
        float[] three = [3];
        using var input = OrtValue.CreateTensorValueFromMemory(three, [1]);
        using var output = session.Run(run, ["x"], [input], ["y"]);
        var value = output[0].GetTensorDataAsSpan<float>()[0];
        return value == three[0] ? null : $"a first computation gave {value} instead of 3";
    }
}
