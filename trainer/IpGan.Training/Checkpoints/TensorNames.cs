namespace IpGan.Training.Checkpoints;

/// <summary>
/// Names of tensors in checkpoints. TorchSharp registers a module's parts by the names of the fields that hold them, which for properties is
/// the compiler's <c>&lt;Trunk&gt;k__BackingField</c>; a file should say <c>trunk</c>.
/// </summary>
public static class TensorNames
{
    private const string PropertySuffix = ">k__BackingField";

    /// <summary>The name in a file of a registered name: <c>&lt;Trunk&gt;k__BackingField.&lt;Stem&gt;k__BackingField.weight</c> → <c>trunk.stem.weight</c>.</summary>
    public static string Clean(string registered) => string.Join('.', registered.Split('.').Select(CleanPart));

    private static string CleanPart(string part)
    {
        var name = part.StartsWith('<') && part.EndsWith(PropertySuffix, StringComparison.Ordinal) ? part[1..^PropertySuffix.Length] : part.TrimStart('_');
        return name.Length > 0 ? char.ToLowerInvariant(name[0]) + name[1..] : throw new ArgumentException($"'{part}' is no name of a tensor.");
    }
}
