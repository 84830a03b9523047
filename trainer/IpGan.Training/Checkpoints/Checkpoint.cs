using System.Globalization;
using IpGan.Training.Networks;
using IpGan.Training.Pathways;
using static TorchSharp.torch;

namespace IpGan.Training.Checkpoints;

/// <summary>How far a run has come.</summary>
public sealed record RunState
{
    /// <summary>Pictures that the encoders saw alone.</summary>
    public long EncoderPictures { get; init; }

    /// <summary>Triples of the joint phase.</summary>
    public long Triples { get; init; }

    /// <summary>Steps of both phases.</summary>
    public long Steps { get; init; }

    /// <summary>Time spent in steps.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>The seed of the run.</summary>
    public int Seed { get; init; }

    /// <summary>Whose pictures it is trained on (<see cref="Data.FaceTable.PeopleMark"/>); null where an older file does not say.</summary>
    public string? People { get; init; }

    /// <summary>By what it is taught (<see cref="TrainingRunOptions.TaughtBy"/>); null where an older file does not say.</summary>
    public string? TaughtBy { get; init; }
}

/// <summary>
/// What a run needs to go on. A full checkpoint has all networks and the optimizers' moments; weights alone, in half precision, are small enough
/// to be kept under version control, and a run that starts from them only loses the moments.
/// </summary>
public static class Checkpoint
{
    private const string File = "checkpoint.safetensors";

    /// <summary>The checkpoint's file in a run's folder.</summary>
    public static string PathIn(string runFolder) => Path.Combine(runFolder, File);

    /// <summary>Replaces the run's checkpoint; a kill at any moment leaves the old or the new one.</summary>
    public static void Save(string runFolder, NetworkSet networks, Optimizers optimizers, RunState state, TrainingPreset preset)
    {
        var metadata = Metadata(state, preset, networks);
        foreach (var (name, optimizer) in optimizers.All)
        {
            metadata[StepsKey(name)] = optimizer.Steps.ToString(CultureInfo.InvariantCulture);
        }
        SafeTensors.Write(PathIn(runFolder), Weights(networks).Concat(optimizers.All.SelectMany(o => Moments(o.Name, o.Optimizer))), metadata);
    }

    /// <summary>Writes all networks in half precision; of those that are averaged, the average only.</summary>
    public static void SaveWeights(string file, NetworkSet networks, RunState state, TrainingPreset preset)
    {
        using var scope = NewDisposeScope();
        var kept = Weights(networks)
            .Where(w => w.Name.StartsWith("average.", StringComparison.Ordinal) || w.Name.StartsWith("discriminator.", StringComparison.Ordinal)
                || OfPeople(w.Name))
            .Select(w => (w.Name, w.Value.dtype == ScalarType.Float32 ? w.Value.to(ScalarType.Float16) : w.Value));
        SafeTensors.Write(file, kept, Metadata(state, preset, networks));
    }

    /// <summary>Reads what a file was made with: the preset, and the number of classes that its identity loss tells apart.</summary>
    /// <exception cref="InvalidDataException">It does not say.</exception>
    public static (TrainingPreset Preset, int Classes) ReadOrigin(string file)
    {
        var metadata = SafeTensors.ReadMetadata(file);
        return metadata.TryGetValue("preset", out var preset)
            ? (TrainingPreset.Parse(preset, file), (int)Long(file, metadata, "classes"))
            : throw new InvalidDataException($"'{file}' names no preset; it was not written by this trainer.");
    }

    /// <summary>
    /// Loads a full checkpoint or weights alone; with the latter the networks start from the averages and the optimizers afresh. Networks of 128 px grow from
    /// those of 64 px (<see cref="Growth"/>) and begin to count anew.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="networks">Networks to fill.</param>
    /// <param name="optimizers">Optimizers to fill; null if nothing will be trained.</param>
    /// <param name="freshGenerator">Leaves generator and discriminator as they are and counts triples from 0: a generator does not follow encoders that have moved.</param>
    /// <exception cref="InvalidDataException">A tensor is missing or has another shape; both are named.</exception>
    public static RunState Load(string file, NetworkSet networks, Optimizers? optimizers, bool freshGenerator = false)
    {
        var (tensors, metadata) = SafeTensors.Read(file);
        try
        {
            using var _ = no_grad();
            var grows = metadata.TryGetValue("preset", out var preset) && Growth.Fits(TrainingPreset.Parse(preset, file).Sizes, networks.Sizes);
            if (grows)
            {
                tensors = Growth.Grow(tensors);
            }
            var full = !grows && metadata.ContainsKey(StepsKey("identity"));
            // A data set of other people: their directions start afresh.
            var samePeople = IsOfSamePeople(file, metadata, networks);
            networks.AnglesTaught ??= bool.TryParse(metadata.GetValueOrDefault("anglesTaught"), out var taught) ? taught : null;
            networks.People ??= samePeople ? metadata.GetValueOrDefault("people") : null;
            foreach (var (name, target) in Weights(networks))
            {
                if ((samePeople || !OfPeople(name)) && !IsNew(name, tensors) && !(freshGenerator && OfPictures(name)))
                {
                    var stored = full || tensors.ContainsKey(name) ? name : "average." + name;
                    if (grows && !tensors.ContainsKey(stored))
                    {
                        continue;
                    }
                    Copy(file, tensors, stored, target);
                }
            }
            foreach (var (name, optimizer) in full ? optimizers?.All ?? [] : [])
            {
                if ((samePeople || !OfPeople($"{name}.")) && !(freshGenerator && OfPictures($"{name}.")) && metadata.ContainsKey(StepsKey(name)))
                {
                    optimizer.Steps = Long(file, metadata, StepsKey(name));
                    foreach (var (key, target) in Moments(name, optimizer))
                    {
                        if (!IsNew(key, tensors))
                        {
                            Copy(file, tensors, key, target);
                        }
                    }
                }
            }
            if (grows)
            {
                // What was learnt at half the size is where this run starts, not how far it has come.
                return new RunState { Seed = (int)Long(file, metadata, "seed") };
            }
            return new RunState
            {
                EncoderPictures = Long(file, metadata, "encoderPictures"),
                Triples = freshGenerator ? 0 : Long(file, metadata, "triples"),
                Steps = Long(file, metadata, "steps"),
                Elapsed = TimeSpan.FromSeconds(Long(file, metadata, "seconds")),
                Seed = (int)Long(file, metadata, "seed"),
                People = metadata.GetValueOrDefault("dataPeople"),
                TaughtBy = metadata.GetValueOrDefault("taughtBy"),
            };
        }
        finally
        {
            foreach (var tensor in tensors.Values)
            {
                tensor.Dispose();
            }
        }
    }

    /// <summary>True if the people that a file's identity loss tells apart are those of the networks; by their number alone where either does not say who they are.</summary>
    public static bool IsOfSamePeople(string file, NetworkSet networks) => IsOfSamePeople(file, SafeTensors.ReadMetadata(file), networks);

    private static bool IsOfSamePeople(string file, Dictionary<string, string> metadata, NetworkSet networks) =>
        Long(file, metadata, "classes") == networks.Margin.Classes
        && (networks.People is null || !metadata.TryGetValue("people", out var people) || people == networks.People);

    // Networks with an output for each training person.
    private static bool OfPeople(string name) =>
        name.StartsWith("margin.", StringComparison.Ordinal) || name.StartsWith("adversary.", StringComparison.Ordinal);

    // Networks that draw pictures, or judge drawn ones.
    private static bool OfPictures(string name) =>
        name.StartsWith("generator.", StringComparison.Ordinal) || name.StartsWith("average.generator.", StringComparison.Ordinal)
        || name.StartsWith("discriminator.", StringComparison.Ordinal);

    // Parts that came after the first files were written; they start afresh where a file lacks all of them.
    private static bool IsNew(string name, Dictionary<string, Tensor> tensors) =>
        (name.EndsWith("identity.lift", StringComparison.Ordinal) && !tensors.ContainsKey(name) && !tensors.ContainsKey("average." + name))
        || (name.StartsWith("adversary.", StringComparison.Ordinal) && !tensors.Keys.Any(k => k.StartsWith("adversary.", StringComparison.Ordinal)))
        || (name.Contains("adversary.kind", StringComparison.Ordinal) && !tensors.ContainsKey("adversary.kind.weight"))
        || (name.Contains("discriminator.mixedIn", StringComparison.Ordinal) && !tensors.ContainsKey("discriminator.mixedIn"));

    private static void Copy(string file, Dictionary<string, Tensor> tensors, string name, Tensor target)
    {
        if (!tensors.TryGetValue(name, out var source))
        {
            throw new InvalidDataException($"'{file}' has no tensor '{name}'.");
        }
        if (!source.shape.SequenceEqual(target.shape))
        {
            throw new InvalidDataException(
                $"'{file}': '{name}' is [{string.Join(", ", source.shape)}], the preset asks for [{string.Join(", ", target.shape)}].");
        }
        target.copy_(source);
    }

    private static IEnumerable<(string Name, Tensor Value)> Weights(NetworkSet networks) =>
        networks.All.SelectMany(n => n.Module.state_dict().Select(s => ($"{n.Name}.{TensorNames.Clean(s.Key)}", s.Value)));

    private static IEnumerable<(string Name, Tensor Value)> Moments(string name, Adam optimizer) =>
        optimizer.State.Select(s => ($"optimizer.{name}.{TensorNames.Clean(s.Name)}", s.Value));

    private static string StepsKey(string optimizer) => $"optimizer.{optimizer}.steps";

    private static Dictionary<string, string> Metadata(RunState state, TrainingPreset preset, NetworkSet networks) => new(
        new[] { ("people", networks.People), ("dataPeople", state.People), ("taughtBy", state.TaughtBy) }.Where(m => m.Item2 is not null).Select(m => KeyValuePair.Create(m.Item1, m.Item2!)))
    {
        ["anglesTaught"] = networks.AnglesTaught?.ToString() ?? "",
        ["preset"] = preset.ToJson(),
        ["classes"] = networks.Margin.Classes.ToString(CultureInfo.InvariantCulture),
        ["encoderPictures"] = state.EncoderPictures.ToString(CultureInfo.InvariantCulture),
        ["triples"] = state.Triples.ToString(CultureInfo.InvariantCulture),
        ["steps"] = state.Steps.ToString(CultureInfo.InvariantCulture),
        ["seconds"] = ((long)state.Elapsed.TotalSeconds).ToString(CultureInfo.InvariantCulture),
        ["seed"] = state.Seed.ToString(CultureInfo.InvariantCulture),
    };

    private static long Long(string file, Dictionary<string, string> metadata, string key) =>
        metadata.TryGetValue(key, out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new InvalidDataException($"'{file}': the metadata '{key}' is {(text is null ? "missing" : $"'{text}', no number")}.");
}
