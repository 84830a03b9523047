using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;
using IpGan.Imaging;
using IpGan.Models;
using IpGan.Serving;
using IpGan.Serving.Runtime;
using IpGan.Serving.Versions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace IpGan.HotPath.Benchmarks;

/// <summary>From the vectors to the encoded picture, with the generator in models/: run it from the repository's root.</summary>
[MemoryDiagnoser]
public class DrawSteps
{
    private LoadedModel _model = null!;
    private float[] _identity = [];
    private float[] _pose = [];
    private float[] _planes = [];

    [GlobalSetup]
    public void Load()
    {
        var package = ModelPackage.Open(new ModelRepository(Path.GetFullPath("models")).Folder(ModelRole.Generator, 1));
        var options = Options.Create(new ServingOptions { Device = DeviceChoice.Cpu });
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new ServingMetrics(services.GetRequiredService<IMeterFactory>());
        _model = new LoadedModel(1, package, new OnnxDevice(options, NullLogger<OnnxDevice>.Instance), metrics);
        _identity = _model.Prior!.Sample(1, seed: 3)[0];
        _pose = new float[_model.Manifest.PoseSpace!.Dimension];
        _planes = new float[3 * Size * Size];
        Network();
    }

    [GlobalCleanup]
    public void Free() => _model.Release();

    private int Size => _model.Manifest.ImageSize;

    /// <summary>The network's run.</summary>
    [Benchmark]
    public void Network() => _model.Run(1, [_identity, _pose], [_planes]);

    /// <summary>The picture as PNG, without loss.</summary>
    [Benchmark]
    public byte[] Png() => PictureEncoder.Encode(_planes, Size, PictureFormat.Png);

    /// <summary>The picture as JPEG.</summary>
    [Benchmark]
    public byte[] Jpeg() => PictureEncoder.Encode(_planes, Size, PictureFormat.Jpeg);

    /// <summary>The picture as WebP.</summary>
    [Benchmark]
    public byte[] Webp() => PictureEncoder.Encode(_planes, Size, PictureFormat.Webp);
}
