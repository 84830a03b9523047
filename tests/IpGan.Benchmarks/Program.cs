// dotnet run -c Release --project tests/IpGan.Benchmarks [-- SECONDS]
//
// Embed and Rotate of the packages in models/, over loopback, by real processes, against the same work done by as many threads as there are cores in
// this process: decode, network, encode, and nothing else. All shares the machine's cores, clients included.

using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using IpGan.Benchmarks;
using IpGan.Imaging;
using IpGan.Models;
using IpGan.Testing;
using IpGan.V1;
using SkiaSharp;
using Spectre.Console;

var time = TimeSpan.FromSeconds(args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 10);
var models = new ModelRepository(Path.GetFullPath("models"));
PackageAnswers Newest(ModelRole role) => models.Versions(role) is [var version, ..]
    ? PackageAnswers.Open(models.Root, role, version)
    : throw new InvalidOperationException($"'{models.Root}' holds no {role.Name()}. Run this from the repository's root.");

using var identityEncoder = Newest(ModelRole.IdentityEncoder);
using var poseEncoder = Newest(ModelRole.PoseEncoder);
using var generator = Newest(ModelRole.Generator);
var photo = Pictures.Square(1, 160, SKEncodedImageFormat.Jpeg);
var size = generator.Manifest.ImageSize;

var started = Stopwatch.GetTimestamp();
await using var cluster = await Cluster.StartAsync(models.Root, CancellationToken.None);
var ready = Stopwatch.GetElapsedTime(started);

var image = new Image { Content = ByteString.CopyFrom(photo), Cropped = true };
var embed = new EmbedRequest { Image = image };
var rotate = new RotateRequest { Source = new RotationSource { Image = image }, Targets = { new RotationTarget { Image = image } } };
var encoderClient = new IdentityEncoder.IdentityEncoderClient(cluster.Services[0].Channel);
var gatewayClient = new IdentityEncoder.IdentityEncoderClient(cluster.Gateway.Channel);
var rotationClient = new FaceRotation.FaceRotationClient(cluster.Gateway.Channel);

var table = new Table().AddColumns("work", "clients", "a second", "of the bare", "p50 ms", "p99 ms");
async Task<Load> MeasureAsync(string name, int clients, Func<Task> request, Load? bare)
{
    var load = await ClosedLoop.RunAsync(clients, time, request);
    table.AddRow([name, $"{clients}", Number(load.PerSecond, 0), bare is null ? "" : Number(load.PerSecond / bare.PerSecond, 2), Number(load.Median, 2), Number(load.Percentile99, 2)]);
    return load;
}
static string Number(double value, int digits) => value.ToString($"F{digits}", CultureInfo.InvariantCulture);

var cores = Environment.ProcessorCount;
var bareEmbed = await MeasureAsync("embed, bare", cores, () =>
{
    identityEncoder.Embed(photo);
    return Task.CompletedTask;
}, null);
var bareRotate = await MeasureAsync("rotate, bare", cores, () =>
{
    PictureEncoder.Png(generator.Draw(identityEncoder.Embed(photo)[0], poseEncoder.Embed(photo)[0]), size);
    return Task.CompletedTask;
}, null);
foreach (var clients in new[] { 1, 8, 32 })
{
    await MeasureAsync("embed, service", clients, () => encoderClient.EmbedAsync(embed).ResponseAsync, bareEmbed);
    await MeasureAsync("embed, gateway", clients, () => gatewayClient.EmbedAsync(embed).ResponseAsync, bareEmbed);
    await MeasureAsync("rotate, gateway", clients, () => rotationClient.RotateAsync(rotate).ResponseAsync, bareRotate);
}
AnsiConsole.Write(table);
AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cores} cores, {size} px; all four processes ready after {ready.TotalSeconds:F1} s."));
