using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using static IpGan.Models.PackageChecks;

namespace IpGan.Models;

/// <summary>
/// Who made a package: <c>model.sig</c>, a bundle of the OpenSSF Model Signing specification (v1.0, "files") with a bare ECDSA key. It holds a DSSE envelope
/// around an in-toto statement that names every file, the manifest included, with its SHA-256. <c>model_signing verify key</c> reads it, too. It says nothing
/// of the version: who may write to the repository can publish an old package again under a new number.
/// </summary>
public static class PackageSignature
{
    /// <summary>The file's name.</summary>
    public const string FileName = "model.sig";

    private const long MaxBytes = 1 << 20;
    private const string BundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
    private const string PayloadType = "application/vnd.in-toto+json";
    private const string StatementType = "https://in-toto.io/Statement/v1";
    private const string PredicateType = "https://model_signing/signature/v1.0";
    private const string Sha256 = "sha256";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private sealed record Bundle(string MediaType, Material VerificationMaterial, Envelope DsseEnvelope);

    private sealed record Material(PublicKey PublicKey, object[] TlogEntries);

    private sealed record PublicKey(string Hint);

    private sealed record Envelope(byte[] Payload, string PayloadType, EnvelopeSignature[] Signatures);

    private sealed record EnvelopeSignature(byte[] Sig, string Keyid);

    private sealed record Statement([property: JsonPropertyName("_type")] string Type, Subject[] Subject, string PredicateType, Predicate Predicate);

    private sealed record Subject(string Name, Dictionary<string, string> Digest);

    private sealed record Predicate(Serialization Serialization, Resource[] Resources);

    private sealed record Serialization(
        string Method, [property: JsonPropertyName("hash_type")] string HashType, [property: JsonPropertyName("allow_symlinks")] bool AllowSymlinks,
        [property: JsonPropertyName("ignore_paths")] string[] IgnorePaths);

    private sealed record Resource(string Name, string Algorithm, string Digest);

    /// <summary>Reads a private or public key: PEM, on the curve P-256, P-384 or P-521.</summary>
    /// <exception cref="ArgumentException">The file holds no such key.</exception>
    public static ECDsa ReadKey(string file)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(file));
            _ = HashOf(key);
            return key;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new ArgumentException($"'{file}' holds no ECDSA key in PEM, on the curve P-256, P-384 or P-521: {e.Message}", e);
        }
    }

    /// <summary>The content of <c>model.sig</c>.</summary>
    /// <param name="key">With its private part.</param>
    /// <param name="name">What the package is called.</param>
    /// <param name="files">All files, the manifest included.</param>
    public static byte[] Sign(ECDsa key, string name, IEnumerable<PackageFile> files)
    {
        var resources = files.OrderBy(f => f.Path, StringComparer.Ordinal).Select(f => new Resource(f.Path, Sha256, f.Sha256)).ToArray();
        var statement = new Statement(StatementType, [new Subject(name, new() { [Sha256] = RootOf(resources) })], PredicateType,
            new Predicate(new Serialization("files", Sha256, false, [FileName]), resources));
        var payload = JsonSerializer.SerializeToUtf8Bytes(statement, Json);
        var signature = key.SignData(Envelop(payload), HashOf(key), DSASignatureFormat.Rfc3279DerSequence);
        // As the specification's own tool makes it: of the PEM text, line end included.
        var hint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key.ExportSubjectPublicKeyInfoPem() + "\n")));
        return JsonSerializer.SerializeToUtf8Bytes(
            new Bundle(BundleType, new Material(new PublicKey(hint), []), new Envelope(payload, PayloadType, [new EnvelopeSignature(signature, "")])), Json);
    }

    /// <summary>Checks that a package carries a signature by this key over exactly its files.</summary>
    /// <exception cref="PackageIncompleteException">There is none, or only a part of one: it may still come.</exception>
    /// <exception cref="PackageInvalidException">It is by another key, or over other files.</exception>
    public static void Verify(ModelPackage package, ECDsa key)
    {
        var statement = ReadStatement(ReadBundle(package.Folder), key);
        Check(statement is { Type: StatementType, PredicateType: PredicateType, Predicate: { Serialization.Method: "files", Resources: not null } },
            $"{FileName} is signed, but it is no statement about a model's files");
        Check(Array.TrueForAll(statement.Predicate.Resources, r => r is { Name: not null, Digest: not null, Algorithm: Sha256 }),
            $"{FileName} has a file without name or {Sha256}");
        var signed = statement.Predicate.Resources.Select(r => (r.Name, r.Digest)).Order();
        var found = package.Manifest.Files.Append(package.ManifestFile).Select(f => (f.Path, f.Sha256)).Order();
        Check(signed.SequenceEqual(found), $"{FileName} is over other files than those of the package");
    }

    private static Envelope ReadBundle(string folder)
    {
        var file = new FileInfo(Path.Combine(folder, FileName));
        if (!file.Exists)
        {
            throw new PackageIncompleteException($"{FileName} is missing, and a signature is required");
        }
        Check(file.Length <= MaxBytes, $"{FileName} has {file.Length} bytes, more than {MaxBytes}");
        try
        {
            var bundle = JsonSerializer.Deserialize<Bundle>(File.ReadAllBytes(file.FullName), Json);
            Check(bundle is { MediaType: BundleType, DsseEnvelope: { PayloadType: PayloadType, Payload: not null, Signatures: [{ Sig: not null }] } },
                $"{FileName} is no {BundleType} with one signature over {PayloadType}");
            return bundle.DsseEnvelope;
        }
        catch (JsonException e)
        {
            throw new PackageIncompleteException($"{FileName} cannot be read: {e.Message}", e);
        }
    }

    private static Statement ReadStatement(Envelope envelope, ECDsa key)
    {
        Check(key.VerifyData(Envelop(envelope.Payload), envelope.Signatures[0].Sig, HashOf(key), DSASignatureFormat.Rfc3279DerSequence),
            $"{FileName} is not by the key that is required");
        try
        {
            return JsonSerializer.Deserialize<Statement>(envelope.Payload, Json) ?? throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            throw new PackageInvalidException($"{FileName} is signed, but it is no statement: {e.Message}", e);
        }
    }

    /// <summary>What is signed: DSSE v1's pre-authentication encoding.</summary>
    private static byte[] Envelop(byte[] payload) =>
        [.. Encoding.UTF8.GetBytes(FormattableString.Invariant($"DSSEv1 {PayloadType.Length} {PayloadType} {payload.Length} ")), .. payload];

    private static string RootOf(Resource[] resources) =>
        Convert.ToHexStringLower(SHA256.HashData([.. resources.SelectMany(r => Convert.FromHexString(r.Digest))]));

    private static HashAlgorithmName HashOf(ECDsa key) => key.KeySize switch
    {
        256 => HashAlgorithmName.SHA256,
        384 => HashAlgorithmName.SHA384,
        521 => HashAlgorithmName.SHA512,
        _ => throw new CryptographicException($"It has {key.KeySize} bits."),
    };
}
