using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using IpGan.Imaging;
using IpGan.Models;
using IpGan.Serving;
using IpGan.Serving.Rpc;
using IpGan.Serving.Runtime;
using IpGan.Serving.Versions;
using IpGan.Testing;
using IpGan.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SkiaSharp;
using FacePlace = IpGan.Imaging.FacePlace;

namespace IpGan.HotPath.Benchmarks;

/// <summary>From a photo in a request to the vector in the answer, on a network of one layer, so that its time hides nothing.</summary>
[MemoryDiagnoser]
public class EmbedSteps
{
    private const int Size = 64;

    private readonly byte[] _crop = Pictures.Square(1, 160, SKEncodedImageFormat.Jpeg);
    private readonly FacePlace _face = new(new PicturePoint(2000, 1300), new PicturePoint(2000, 1700), 0);
    private readonly float[] _planes = new float[3 * Size * Size];
    private byte[] _photo = [];
    private byte[] _message = [];
    private EmbedRequest _request = new();
    private LoadedModel _model = null!;

    [GlobalSetup(Targets = [nameof(Protobuf), nameof(Crop), nameof(Run), nameof(Whole)])]
    public void Load()
    {
        // Once it is loaded it needs no file.
        using var root = new TemporaryFolder();
        var version = TinyPackages.Publish(root.Path, ModelRole.IdentityEncoder, "0000000a", 1, Size);
        var package = ModelPackage.Open(new ModelRepository(root.Path).Folder(ModelRole.IdentityEncoder, version));
        var options = Options.Create(new ServingOptions { Device = DeviceChoice.Cpu });
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new ServingMetrics(services.GetRequiredService<IMeterFactory>());
        _model = new LoadedModel(version, package, new OnnxDevice(options, NullLogger<OnnxDevice>.Instance), metrics);
        _request = new EmbedRequest { Image = new Image { Content = ByteString.CopyFrom(_crop), Cropped = true } };
        _message = _request.ToByteArray();
    }

    [GlobalSetup(Target = nameof(Photo))]
    public void Develop() => _photo = Pictures.Photo(4000, 3000, SKEncodedImageFormat.Jpeg);

    [GlobalCleanup(Targets = [nameof(Protobuf), nameof(Crop), nameof(Run), nameof(Whole)])]
    public void Free() => _model.Release();

    /// <summary>What protobuf needs: the request with its picture, and the answer.</summary>
    [Benchmark]
    public byte[] Protobuf()
    {
        var request = EmbedRequest.Parser.ParseFrom(_message);
        return Answer(_planes.AsSpan(0, TinyPackages.IdentityDimension), request.Id).ToByteArray();
    }

    /// <summary>160 px JPEG → the network's square.</summary>
    [Benchmark]
    public CropSource Crop() => PictureInput.Read(_request.Image, finder: null, Size, _planes).Crop;

    /// <summary>12 megapixels → the network's square.</summary>
    [Benchmark]
    public float Photo()
    {
        FaceSquare.Read(_photo, _face, Size, _planes);
        return _planes[0];
    }

    /// <summary>The network's run, and what surrounds it.</summary>
    [Benchmark]
    public float[][] Run() => _model.RunOne(_planes);

    /// <summary>All of a request but the server.</summary>
    [Benchmark]
    public byte[] Whole()
    {
        var request = EmbedRequest.Parser.ParseFrom(_message);
        PictureInput.Read(request.Image, finder: null, Size, _planes);
        return Answer(_model.RunOne(_planes)[0], request.Id).ToByteArray();
    }

    private static EmbedIdentityResponse Answer(ReadOnlySpan<float> values, string id)
    {
        var embedding = new Embedding { Space = TinyPackages.IdentitySpace("0000000a"), ModelVersion = "1" };
        foreach (var value in values)
        {
            embedding.Values.Add(value);
        }
        return new EmbedIdentityResponse { Embedding = embedding, Crop = CropSource.Cropped, Id = id };
    }
}
