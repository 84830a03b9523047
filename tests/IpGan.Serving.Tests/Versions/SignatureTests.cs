using System.Security.Cryptography;
using IpGan.Models;

namespace IpGan.Serving.Tests.Versions;

public sealed class SignatureTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public SignatureTests() => File.WriteAllText(KeyFile, _key.ExportSubjectPublicKeyInfoPem());

    private string KeyFile => Path.Combine(_folder.Path, "public.pem");

    [Fact]
    public async Task Where_a_signature_is_required_only_signed_packages_are_loaded()
    {
        using var bench = new Bench(requireSignature: KeyFile);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Publish(bench, _key, seed: 1);
        await bench.ScanAsync();
        Assert.Equal("1", bench.Ask());

        Publish(bench, other, seed: 2);
        Publish(bench, null, seed: 3);
        await bench.ScanAsync();

        Assert.Equal("3 Incomplete, 2 Rejected, 1 Ready", bench.States());
        Assert.Contains("not by the key", bench.Model(2).Problem, StringComparison.Ordinal);
        Assert.Contains("model.sig is missing", bench.Model(3).Problem, StringComparison.Ordinal);
        Assert.Equal("1", bench.Ask());
    }

    [Fact]
    public async Task Signature_that_comes_last_completes_the_package()
    {
        using var bench = new Bench(requireSignature: KeyFile);
        Publish(bench, _key, seed: 1);
        var signature = Path.Combine(bench.Folder(1), PackageSignature.FileName);
        var content = await File.ReadAllBytesAsync(signature, TestContext.Current.CancellationToken);
        File.Delete(signature);
        await bench.ScanAsync();
        Assert.Equal("1 Incomplete", bench.States());

        await File.WriteAllBytesAsync(signature, content, TestContext.Current.CancellationToken);
        await bench.ScanAsync();

        Assert.Equal("1", bench.Ask());
    }

    [Fact]
    public async Task Where_none_is_required_a_signature_does_no_harm()
    {
        using var bench = new Bench();
        Publish(bench, _key, seed: 1);
        await bench.ScanAsync();
        Assert.Equal("1", bench.Ask());
    }

    [Fact]
    public void Key_that_cannot_be_read_stops_the_start()
    {
        File.WriteAllText(KeyFile, "no key");
        Assert.Contains(KeyFile, Assert.Throws<ArgumentException>(() => new Bench(requireSignature: KeyFile)).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    private static void Publish(Bench bench, ECDsa? key, int seed) =>
        PackagePublisher.Publish(bench.Root, TinyPackages.Draft(ModelRole.IdentityEncoder, Bench.Space, seed), key: key);
}
