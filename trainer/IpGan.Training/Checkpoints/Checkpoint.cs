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
        var tensors = Weights(networks)
            .Concat(optimizers.All.SelectMany(o => o.Optimizer.State.Select(s => ($"optimizer.{o.Name}.{s.Name}", s.Value))));
        var metadata = Metadata(state, preset, networks);
        foreach (var (name, optimizer) in optimizers.All)
        {
            metadata[$"optimizer.{name}.steps"] = optimizer.Steps.ToString(CultureInfo.InvariantCulture);
        }
        SafeTensors.Write(PathIn(runFolder), tensors, metadata);
    }

    /// <summary>Writes all networks in half precision; of those that are averaged, the average only.</summary>
    public static void SaveWeights(string file, NetworkSet networks, RunState state, TrainingPreset preset)
    {
        using var scope = NewDisposeScope();
        var kept = Weights(networks)
            .Where(w => w.Name.StartsWith("average.", StringComparison.Ordinal) || w.Name.StartsWith("discriminator.", StringComparison.Ordinal)
                || w.Name.StartsWith("margin.", StringComparison.Ordinal))
            .Select(w => (w.Name, w.Value.dtype == ScalarType.Float32 ? w.Value.to(ScalarType.Float16) : w.Value));
        SafeTensors.Write(file, kept, Metadata(state, preset, networks));
    }

    /// <summary>Reads the preset that a file was made with.</summary>
    public static TrainingPreset ReadPreset(string file)
    {
        var (tensors, metadata) = SafeTensors.Read(file);
        foreach (var tensor in tensors.Values)
        {
            tensor.Dispose();
        }
        return TrainingPreset.Parse(metadata.GetValueOrDefault("preset") ?? throw new InvalidDataException($"'{file}' names no preset."), file);
    }

    /// <summary>The number of classes that a file's identity loss tells apart.</summary>
    public static int ReadClasses(string file)
    {
        var (tensors, metadata) = SafeTensors.Read(file);
        foreach (var tensor in tensors.Values)
        {
            tensor.Dispose();
        }
        return int.Parse(metadata["classes"], CultureInfo.InvariantCulture);
    }

    /// <summary>Loads a full checkpoint or weights alone; with the latter the networks start from the averages and the optimizers afresh.</summary>
    /// <exception cref="InvalidDataException">A tensor is missing or has another shape; both are named.</exception>
    public static RunState Load(string file, NetworkSet networks, Optimizers? optimizers)
    {
        var (tensors, metadata) = SafeTensors.Read(file);
        try
        {
            using var _ = no_grad();
            foreach (var (name, target) in Weights(networks))
            {
                // A new data set has other people: their directions start afresh.
                var source = tensors.GetValueOrDefault(name) ?? tensors.GetValueOrDefault("average." + name)
                    ?? throw new InvalidDataException($"'{file}' has no tensor '{name}'.");
                if (!source.shape.SequenceEqual(target.shape))
                {
                    if (name.StartsWith("margin.", StringComparison.Ordinal))
                    {
                        continue;
                    }
                    throw new InvalidDataException(
                        $"'{file}': '{name}' is [{string.Join(", ", source.shape)}], the preset asks for [{string.Join(", ", target.shape)}].");
                }
                target.copy_(source);
            }
            foreach (var (name, optimizer) in optimizers?.All ?? [])
            {
                if (metadata.TryGetValue($"optimizer.{name}.steps", out var steps))
                {
                    optimizer.Steps = long.Parse(steps, CultureInfo.InvariantCulture);
                    foreach (var (key, target) in optimizer.State)
                    {
                        if (tensors.TryGetValue($"optimizer.{name}.{key}", out var source) && source.shape.SequenceEqual(target.shape))
                        {
                            target.copy_(source);
                        }
                    }
                }
            }
            return new RunState
            {
                EncoderPictures = Long(metadata, "encoderPictures"),
                Triples = Long(metadata, "triples"),
                Steps = Long(metadata, "steps"),
                Elapsed = TimeSpan.FromSeconds(Long(metadata, "seconds")),
                Seed = (int)Long(metadata, "seed"),
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

    private static IEnumerable<(string Name, Tensor Value)> Weights(NetworkSet networks) =>
        networks.All.SelectMany(n => n.Module.state_dict().Select(s => ($"{n.Name}.{s.Key}", s.Value)));

    private static Dictionary<string, string> Metadata(RunState state, TrainingPreset preset, NetworkSet networks) => new()
    {
        ["preset"] = preset.ToJson(),
        ["classes"] = networks.Margin.Classes.ToString(CultureInfo.InvariantCulture),
        ["encoderPictures"] = state.EncoderPictures.ToString(CultureInfo.InvariantCulture),
        ["triples"] = state.Triples.ToString(CultureInfo.InvariantCulture),
        ["steps"] = state.Steps.ToString(CultureInfo.InvariantCulture),
        ["seconds"] = ((long)state.Elapsed.TotalSeconds).ToString(CultureInfo.InvariantCulture),
        ["seed"] = state.Seed.ToString(CultureInfo.InvariantCulture),
    };

    private static long Long(Dictionary<string, string> metadata, string key) =>
        metadata.TryGetValue(key, out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : 0;
}
