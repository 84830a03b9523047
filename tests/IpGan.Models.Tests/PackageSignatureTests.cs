using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace IpGan.Models.Tests;

public sealed class PackageSignatureTests : IDisposable
{
    private readonly TemporaryFolder _root = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    [Theory]
    [InlineData("nistP256")]
    [InlineData("nistP384")]
    [InlineData("nistP521")]
    public void Signed_package_is_valid_for_the_public_key_in_a_file(string curve)
    {
        using var key = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        var folder = Publish(key);
        var file = Path.Combine(_root.Path, "public.pem");
        File.WriteAllText(file, key.ExportSubjectPublicKeyInfoPem());

        using var known = PackageSignature.ReadKey(file);
        PackageSignature.Verify(ModelPackage.Open(folder), known);
    }

    [Fact]
    public void Bundle_is_what_the_specification_says()
    {
        var folder = Publish(_key);

        var bundle = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "model.sig")))!;

        Assert.Equal("application/vnd.dev.sigstore.bundle.v0.3+json", (string?)bundle["mediaType"]);
        var pem = Encoding.UTF8.GetBytes(_key.ExportSubjectPublicKeyInfoPem() + "\n");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(pem)), (string?)bundle["verificationMaterial"]!["publicKey"]!["hint"]);
        var envelope = bundle["dsseEnvelope"]!;
        Assert.Equal("application/vnd.in-toto+json", (string?)envelope["payloadType"]);
        var payload = Convert.FromBase64String((string)envelope["payload"]!);
        byte[] signed = [.. "DSSEv1 28 application/vnd.in-toto+json "u8, .. Encoding.ASCII.GetBytes($"{payload.Length} "), .. payload];
        var signature = Convert.FromBase64String((string)envelope["signatures"]![0]!["sig"]!);
        Assert.True(_key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));

        var statement = JsonNode.Parse(payload)!;
        Assert.Equal("https://in-toto.io/Statement/v1", (string?)statement["_type"]);
        Assert.Equal("https://model_signing/signature/v1.0", (string?)statement["predicateType"]);
        Assert.Equal("""{"method":"files","hash_type":"sha256","allow_symlinks":false,"ignore_paths":["model.sig"]}""", statement["predicate"]!["serialization"]!.ToJsonString());
        var resources = statement["predicate"]!["resources"]!.AsArray();
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f)).Where(f => f != "model.sig");
        Assert.Equal(files.Order(StringComparer.Ordinal), resources.Select(r => (string)r!["name"]!));
        Assert.All(resources, r => Assert.Equal((string)r!["digest"]!, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, (string)r["name"]!))))));
        var root = SHA256.HashData([.. resources.SelectMany(r => Convert.FromHexString((string)r!["digest"]!))]);
        Assert.Equal(Convert.ToHexStringLower(root), (string?)statement["subject"]![0]!["digest"]!["sha256"]);
    }

    [Fact]
    public void Package_that_is_not_signed_waits_for_its_signature()
    {
        var package = ModelPackage.Open(Publish(null));
        var error = Assert.Throws<PackageIncompleteException>(() => PackageSignature.Verify(package, _key));
        Assert.Contains("model.sig is missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Signature_cut_off_anywhere_waits_for_the_rest()
    {
        var package = ModelPackage.Open(Publish(_key));
        var file = Path.Combine(package.Folder, PackageSignature.FileName);
        var content = File.ReadAllBytes(file);
        for (var length = 0; length < content.Length; length += 37)
        {
            File.WriteAllBytes(file, content[..length]);
            Assert.Throws<PackageIncompleteException>(() => PackageSignature.Verify(package, _key));
        }
    }

    [Fact]
    public void Signature_by_another_key_is_refused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var package = ModelPackage.Open(Publish(other));
        var error = Assert.Throws<PackageInvalidException>(() => PackageSignature.Verify(package, _key));
        Assert.Contains("not by the key", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Signature_of_another_package_is_refused()
    {
        var signed = Publish(_key);
        var other = Publish(null, trainingRun: "another");
        File.Copy(Path.Combine(signed, PackageSignature.FileName), Path.Combine(other, PackageSignature.FileName));

        var error = Assert.Throws<PackageInvalidException>(() => PackageSignature.Verify(ModelPackage.Open(other), _key));
        Assert.Contains("over other files", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Manifest_that_was_changed_after_signing_is_refused()
    {
        var folder = Publish(_key);
        var manifest = Path.Combine(folder, Manifest.FileName);
        File.WriteAllText(manifest, File.ReadAllText(manifest).Replace("\"tolerance\": 0.001", "\"tolerance\": 0.1", StringComparison.Ordinal));

        var error = Assert.Throws<PackageInvalidException>(() => PackageSignature.Verify(ModelPackage.Open(folder), _key));
        Assert.Contains("over other files", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Manifest_that_was_put_back_after_it_was_read_is_refused()
    {
        var folder = Publish(_key);
        var manifest = Path.Combine(folder, Manifest.FileName);
        var signed = File.ReadAllText(manifest);
        File.WriteAllText(manifest, signed.Replace("\"tolerance\": 0.001", "\"tolerance\": 0.1", StringComparison.Ordinal));
        var package = ModelPackage.Open(folder);
        File.WriteAllText(manifest, signed);

        var error = Assert.Throws<PackageInvalidException>(() => PackageSignature.Verify(package, _key));
        Assert.Contains("over other files", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_change_of_a_bundle_is_refused()
    {
        var package = ModelPackage.Open(Publish(_key));
        var file = Path.Combine(package.Folder, PackageSignature.FileName);
        var original = JsonNode.Parse(File.ReadAllText(file))!.ToJsonString();
        string[] paths = ["mediaType", "dsseEnvelope", "dsseEnvelope.payload", "dsseEnvelope.payloadType", "dsseEnvelope.signatures"];
        string[] values = ["null", "\"\"", "\"AAAA\"", "[]", "{}", "[null]", "[{}]", "[{\"sig\":\"AAAA\",\"keyid\":\"\"}]", "7"];
        foreach (var path in paths)
        {
            foreach (var value in values)
            {
                var bundle = JsonNode.Parse(original)!;
                var names = path.Split('.');
                (names.Length == 1 ? bundle : bundle[names[0]]!)[names[^1]] = JsonNode.Parse(value);
                File.WriteAllText(file, bundle.ToJsonString());
                var error = Assert.ThrowsAny<Exception>(() => PackageSignature.Verify(package, _key));
                Assert.True(error is PackageInvalidException or PackageIncompleteException, $"{path} = {value}: {error}");
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a key")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")]
    public void File_without_a_key_is_refused_by_name(string content)
    {
        var file = Path.Combine(_root.Path, "key.pem");
        File.WriteAllText(file, content);
        Assert.Contains(file, Assert.Throws<ArgumentException>(() => PackageSignature.ReadKey(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Key_of_another_kind_is_refused()
    {
        var file = Path.Combine(_root.Path, "key.pem");
        using var rsa = RSA.Create(2048);
        File.WriteAllText(file, rsa.ExportSubjectPublicKeyInfoPem());
        Assert.Throws<ArgumentException>(() => PackageSignature.ReadKey(file));
    }

    public void Dispose()
    {
        _key.Dispose();
        _root.Dispose();
    }

    private string Publish(ECDsa? key, string trainingRun = "a run")
    {
        var draft = Drafts.Create(ModelRole.Generator);
        draft = draft with { Manifest = draft.Manifest with { TrainingRun = trainingRun } };
        return new ModelRepository(_root.Path).Folder(ModelRole.Generator, PackagePublisher.Publish(_root.Path, draft, key: key));
    }
}
