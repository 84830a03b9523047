using System.Globalization;
using IpGan.Training.Checkpoints;
using IpGan.Training.Pathways;
using static TorchSharp.torch;

namespace IpGan.Training.Finding;

/// <summary>A finder in a file: with the optimizer's moments as a checkpoint, or alone in half precision.</summary>
public static class FinderWeights
{
    private const string StepsKey = "finder.steps";
    private const string SeedKey = "finder.seed";
    private const string PeopleKey = "finder.people";
    private const string Moments = "optimizer.";

    /// <summary>Writes a checkpoint.</summary>
    public static void Save(string file, FinderNetwork finder, Adam adam, long steps, int seed, string people) =>
        SafeTensors.Write(file, Weights(finder).Concat(adam.State.Select(s => (Moments + s.Name, s.Value))), Metadata(steps, seed, people));

    /// <summary>Writes the weights alone, in half precision.</summary>
    public static void SaveHalf(string file, FinderNetwork finder, long steps, string? people)
    {
        using var scope = NewDisposeScope();
        SafeTensors.Write(file, Weights(finder).Select(w => (w.Name, w.Value.dtype == ScalarType.Float32 ? w.Value.to(ScalarType.Float16) : w.Value)), Metadata(steps, people));
    }

    /// <summary>Reads either; the steps that it was trained for, and the seed of a checkpoint's draws and whose faces they are of, where it says so.</summary>
    /// <param name="file">The file.</param>
    /// <param name="finder">Filled.</param>
    /// <param name="adam">Filled if the file has its moments; null where nothing will be trained.</param>
    /// <exception cref="InvalidDataException">It is no finder's file, or a tensor is missing or has another shape.</exception>
    public static (long Steps, int? Seed, string? People) Load(string file, FinderNetwork finder, Adam? adam = null)
    {
        var (tensors, metadata) = SafeTensors.Read(file);
        try
        {
            using var _ = no_grad();
            if (!metadata.TryGetValue(StepsKey, out var text) || !long.TryParse(text, CultureInfo.InvariantCulture, out var steps))
            {
                throw new InvalidDataException($"'{file}' is no face finder's file: its metadata has no '{StepsKey}'.");
            }
            var moments = adam is not null && tensors.Keys.Any(k => k.StartsWith(Moments, StringComparison.Ordinal));
            foreach (var (name, target) in Weights(finder).Concat(moments ? adam!.State.Select(s => (Moments + s.Name, s.Value)) : []))
            {
                if (!tensors.TryGetValue(name, out var source) || !source.shape.SequenceEqual(target.shape))
                {
                    throw new InvalidDataException($"'{file}': '{name}' is {(source is null ? "missing" : $"[{string.Join(", ", source.shape)}]")}; it must be [{string.Join(", ", target.shape)}].");
                }
                target.copy_(source);
            }
            if (moments)
            {
                adam!.Steps = steps;
            }
            return (steps, metadata.TryGetValue(SeedKey, out var seed) && int.TryParse(seed, CultureInfo.InvariantCulture, out var number) ? number : null, metadata.GetValueOrDefault(PeopleKey));
        }
        finally
        {
            foreach (var tensor in tensors.Values)
            {
                tensor.Dispose();
            }
        }
    }

    private static IEnumerable<(string Name, Tensor Value)> Weights(FinderNetwork finder) =>
        finder.state_dict().Select(s => (TensorNames.Clean(s.Key), s.Value));

    private static Dictionary<string, string> Metadata(long steps, string? people)
    {
        var metadata = new Dictionary<string, string> { [StepsKey] = steps.ToString(CultureInfo.InvariantCulture) };
        if (people is not null)
        {
            metadata[PeopleKey] = people;
        }
        return metadata;
    }

    private static Dictionary<string, string> Metadata(long steps, int seed, string people) => new(Metadata(steps, people)) { [SeedKey] = seed.ToString(CultureInfo.InvariantCulture) };
}
