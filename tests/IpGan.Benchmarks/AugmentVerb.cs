using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using IpGan.Testing;
using IpGan.V1;
using SkiaSharp;

namespace IpGan.Benchmarks;

/// <summary>`ipgan augment` beside the bare stream of the same rotations, whose pictures nobody keeps.</summary>
internal static class AugmentVerb
{
    private const int Rounds = 4;
    // As many as the client lets wait.
    private const int Window = 32;
    private static readonly float[] Yaws = [-60, -30, 0, 30, 60];

    public static Command Create()
    {
        var models = new Option<string>("--models") { Description = "The model repository.", DefaultValueFactory = _ => "models" };
        var photos = new Option<int>("--photos") { Description = "How many.", DefaultValueFactory = _ => 100 };
        var command = new Command("augment", "Compares `ipgan augment` with a bare RotateStream of the same photos and poses, in turn.") { models, photos };
        command.SetAction(async (parse, cancel) =>
        {
            await using var cluster = await Cluster.StartAsync(Path.GetFullPath(parse.GetValue(models)!), cancel);
            using var folder = new TemporaryFolder();
            var count = parse.GetValue(photos);
            for (var i = 0; i < count; i++)
            {
                var person = Directory.CreateDirectory(Path.Combine(folder.Path, "faces", $"{i / 10}"));
                await File.WriteAllBytesAsync(Path.Combine(person.FullName, $"{i % 10}.jpg"), Pictures.Square(i, 160, SKEncodedImageFormat.Jpeg), cancel);
            }
            var files = Directory.GetFiles(Path.Combine(folder.Path, "faces"), "*", SearchOption.AllDirectories);
            // Both processes compile their hot paths in their first seconds.
            await StreamAsync(cluster, files, cancel);
            var (bare, augment) = (TimeSpan.Zero, TimeSpan.Zero);
            for (var round = 1; round <= Rounds; round++)
            {
                bare += await StreamAsync(cluster, files, cancel);
                augment += await AugmentAsync(cluster, folder.Path, $"out{round}", cancel);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"after {round} rounds: bare stream {round * count / bare.TotalSeconds:F1} photos/s, augment {round * count / augment.TotalSeconds:F1} photos/s, ")
                    + string.Create(CultureInfo.InvariantCulture, $"each in {Yaws.Length} poses: {bare / augment:F2} of the bare stream, its start included"));
            }
            return 0;
        });
        return command;
    }

    private static async Task<TimeSpan> StreamAsync(Cluster cluster, string[] files, CancellationToken cancel)
    {
        var started = Stopwatch.GetTimestamp();
        using var call = new FaceRotation.FaceRotationClient(cluster.Gateway.Channel).RotateStream(cancellationToken: cancel);
        using var places = new SemaphoreSlim(Window);
        var sending = Task.Run(async () =>
        {
            foreach (var file in files)
            {
                await places.WaitAsync(cancel);
                var request = new RotateRequest
                {
                    Source = new RotationSource { Image = new Image { Content = ByteString.CopyFrom(await File.ReadAllBytesAsync(file, cancel)), Cropped = true } },
                };
                request.Targets.AddRange(Yaws.Select(yaw => new RotationTarget { Angles = new Angles { Yaw = yaw } }));
                await call.RequestStream.WriteAsync(request, cancel);
            }
            await call.RequestStream.CompleteAsync();
        }, cancel);
        while (await call.ResponseStream.MoveNext(cancel))
        {
            places.Release();
            if (call.ResponseStream.Current.Error is { } error)
                throw new InvalidOperationException(error.Message);
        }
        await sending;
        return Stopwatch.GetElapsedTime(started);
    }

    private static async Task<TimeSpan> AugmentAsync(Cluster cluster, string folder, string output, CancellationToken cancel)
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var program = Path.Combine(own.Parent!.Parent!.FullName, "IpGan.CommandLine", own.Name, "ipgan");
        var started = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(program,
            ["augment", "faces", "--cropped", "--out", output, $"--yaw={string.Join(',', Yaws)}", "--json", "--address", cluster.Gateway.GrpcAddress])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        })!;
        var result = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0 ? Stopwatch.GetElapsedTime(started) : throw new InvalidOperationException($"ipgan ended with {process.ExitCode}: {result}");
    }
}
