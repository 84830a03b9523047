using System.CommandLine;
using IpGan.Models;
using IpGan.Onnx;
using IpGan.Training.Data;
using IpGan.Training.Networks;
using static TorchSharp.torch;

namespace IpGan.Trainer;

/// <summary>What all verbs share: common options, and one place where expected failures become a message and an exit code.</summary>
internal static class Verb
{
    /// <summary>Exit code of a failure that the message explains.</summary>
    public const int Failed = 1;

    public static Option<string> Data() => new("--data")
    {
        Description = "Data set: a folder with a faces.csv, or with PERSON/PICTURE.jpg (people by folder, pictures cut by the crop rule).",
        DefaultValueFactory = _ => Path.Combine("..", "shared", "data", "faces"),
    };

    public static Option<string> Runs() => new("--runs")
    {
        Description = "Folder of all runs and of the packed pictures.",
        DefaultValueFactory = _ => "runs",
    };

    public static Option<string> From() => new("--from")
    {
        Description = "A run's folder, or a weights file (.safetensors).",
        DefaultValueFactory = _ => Path.Combine("trainer", "weights", "faces64.safetensors"),
    };

    public static Option<string> Device() => new("--device")
    {
        Description = "auto, cpu or cuda. auto: cuda when libtorch finds a GPU.",
        DefaultValueFactory = _ => "auto",
    };

    /// <summary>The action of a verb: expected failures are told in one line.</summary>
    public static Func<ParseResult, CancellationToken, Task<int>> Action(Func<ParseResult, CancellationToken, int> run) => (parse, cancel) =>
    {
        try
        {
            return Task.FromResult(run(parse, cancel));
        }
        catch (Exception e) when (e is DataSetException or ArgumentException or InvalidOperationException or InvalidDataException or IOException
            or OnnxParityException or PackageInvalidException or UnauthorizedAccessException)
        {
            return Task.FromResult(Fail(e.Message));
        }
    };

    /// <summary>Tells a failure in one line; the exit code.</summary>
    public static int Fail(string message)
    {
        Console.Error.WriteLine($"trainer: {message.ReplaceLineEndings(" ")}");
        return Failed;
    }

    /// <summary>An option's file may lie in a folder that is not there yet.</summary>
    public static void CreateFolderOf(string file) => Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);

    /// <summary>A time in minutes by its option.</summary>
    public static TimeSpan Minutes(string option, double minutes) => minutes is >= 0 and <= 1e7
        ? TimeSpan.FromMinutes(minutes)
        : throw new ArgumentException(FormattableString.Invariant($"{option} is {minutes}; it must be 0 to 10000000."));

    /// <summary>The device by its option.</summary>
    public static Device ResolveDevice(string name) => name switch
    {
        "cpu" => CPU,
        "cuda" => cuda.is_available()
            ? CUDA
            : throw new ArgumentException("--device cuda, but libtorch finds no CUDA device (or this build's libtorch is the CPU one)."),
        "auto" => cuda.is_available() ? CUDA : CPU,
        _ => throw new ArgumentException($"--device is '{name}'; it must be auto, cpu or cuda."),
    };

    /// <summary>The weights file that <c>--from</c> means.</summary>
    public static string ResolveWeights(string from)
    {
        var file = Directory.Exists(from) ? Training.Checkpoints.Checkpoint.PathIn(from) : from;
        return File.Exists(file)
            ? file
            : throw new ArgumentException($"There is no '{file}'. Give --from a run's folder (runs/NAME) or a weights file.");
    }

    /// <summary>Networks from a run or a weights file, ready to be measured or exported.</summary>
    public static (NetworkSet Networks, Training.TrainingPreset Preset, Training.Checkpoints.RunState State) LoadNetworks(string from, Device device)
    {
        var file = ResolveWeights(from);
        var (preset, classes) = Training.Checkpoints.Checkpoint.ReadOrigin(file);
        var networks = new NetworkSet(preset.Sizes, classes, device);
        return (networks, preset, Training.Checkpoints.Checkpoint.Load(file, networks, optimizers: null));
    }

    /// <summary>The data set with its pictures packed at the network's size.</summary>
    public static TrainingFaces LoadFaces(string data, string runs, int size)
    {
        var table = FaceTable.Open(data);
        return new TrainingFaces(table, PackedFaces.Open(table, size, Path.Combine(runs, "cache")));
    }
}
