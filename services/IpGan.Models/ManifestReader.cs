using System.Security.Cryptography;
using System.Text.Json;
using static IpGan.Models.PackageChecks;

namespace IpGan.Models;

/// <summary>Reads <c>manifest.json</c>, and tells one that is still being copied from one that is wrong.</summary>
internal static class ManifestReader
{
    private const long MaxBytes = 1 << 20;

    /// <summary>The manifest, and the file as it was read.</summary>
    /// <exception cref="PackageIncompleteException">It is missing, empty or cut off.</exception>
    /// <exception cref="PackageInvalidException">It is too large, no JSON, or no manifest.</exception>
    public static (Manifest Manifest, PackageFile File) Read(string folder)
    {
        var file = new FileInfo(Path.Combine(folder, Manifest.FileName));
        if (!file.Exists)
        {
            throw new PackageIncompleteException($"{Manifest.FileName} is missing");
        }
        Check(file.LinkTarget is null, $"{Manifest.FileName} is a link; packages hold plain files");
        Check(file.Length <= MaxBytes, $"{Manifest.FileName} has {file.Length} bytes, more than {MaxBytes}");
        var bytes = File.ReadAllBytes(file.FullName);
        try
        {
            var manifest = JsonSerializer.Deserialize<Manifest>(bytes, Manifest.Json)
                ?? throw new PackageInvalidException($"{Manifest.FileName} is null, not a manifest");
            return (manifest, new PackageFile(Manifest.FileName, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))));
        }
        catch (JsonException e) when (IsCutOff(bytes))
        {
            throw new PackageIncompleteException($"{Manifest.FileName} ends after {bytes.Length} bytes, in the middle: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new PackageInvalidException($"{Manifest.FileName} is not a manifest: {e.Message}", e);
        }
    }

    /// <summary>True if more bytes could make it JSON.</summary>
    private static bool IsCutOff(byte[] bytes)
    {
        var reader = new Utf8JsonReader(bytes, isFinalBlock: false, default);
        try
        {
            var whole = JsonDocument.TryParseValue(ref reader, out var document);
            document?.Dispose();
            return !whole;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
