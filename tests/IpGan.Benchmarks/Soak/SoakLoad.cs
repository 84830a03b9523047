using System.Collections.Concurrent;
using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using IpGan.Testing;
using IpGan.V1;
using SkiaSharp;

namespace IpGan.Benchmarks.Soak;

/// <summary>
/// Steady mixed load on the gateway: single embeds, single rotations, and items of long streams of both, each kind at its own rate. An answer's time counts
/// from when its request was due, so a system that stalls cannot hide behind clients that wait for it.
/// </summary>
internal sealed class SoakLoad
{
    // A stream is ended and opened again after so many items.
    private const int StreamItems = 100;

    private readonly (string Kind, double Share, Func<Func<Task<bool>>, Task> Run)[] _kinds;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<double>> _times = new();
    private readonly ConcurrentDictionary<string, int> _failures = new();

    public SoakLoad(HostProcess gateway)
    {
        var image = new Image { Content = ByteString.CopyFrom(Pictures.Square(1, 160, SKEncodedImageFormat.Jpeg)), Cropped = true };
        var embed = new EmbedRequest { Image = image };
        var rotate = new RotateRequest
        {
            Source = new RotationSource { Image = image },
            Targets = { new RotationTarget { Image = image }, new RotationTarget { Angles = new Angles { Yaw = 20 } } },
        };
        var encoder = new IdentityEncoder.IdentityEncoderClient(gateway.Channel);
        var rotation = new FaceRotation.FaceRotationClient(gateway.Channel);
        _kinds =
        [
            ("embed", 0.5, next => CallAsync("embed", next, () => encoder.EmbedAsync(embed).ResponseAsync)),
            ("rotate", 0.2, next => CallAsync("rotate", next, () => rotation.RotateAsync(rotate).ResponseAsync)),
            ("embed, in a stream", 0.2, next => StreamAsync("embed, in a stream", next, () => encoder.EmbedStream(), embed, answer => answer.Error)),
            ("rotate, in a stream", 0.1, next => StreamAsync("rotate, in a stream", next, () => rotation.RotateStream(), rotate, answer => answer.Error)),
        ];
    }

    /// <summary>What went wrong, by kind and status.</summary>
    public IReadOnlyDictionary<string, int> Failures => _failures;

    /// <summary>Asks until it is told to stop.</summary>
    /// <param name="rate">Requests a second, of all kinds together.</param>
    /// <param name="stop">Ends it when running requests are answered.</param>
    public Task RunAsync(double rate, CancellationToken stop) => Task.WhenAll(_kinds.Select(kind => Task.Run(
        async () =>
        {
            var started = Stopwatch.GetTimestamp();
            var due = TimeSpan.Zero;
            // The clock of one kind: true when its next request is due, false at the end.
            async Task<bool> NextAsync()
            {
                if (due > TimeSpan.Zero)
                    Times(kind.Kind).Enqueue((Stopwatch.GetElapsedTime(started) - due).TotalMilliseconds);
                due += TimeSpan.FromSeconds(1 / (rate * kind.Share));
                var early = due - Stopwatch.GetElapsedTime(started);
                if (early > TimeSpan.Zero)
                    await Task.Delay(early, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return !stop.IsCancellationRequested;
            }
            await kind.Run(NextAsync);
        },
        CancellationToken.None)));

    /// <summary>Times since the last call, by kind.</summary>
    public IReadOnlyDictionary<string, Latency> Take() => _kinds.ToDictionary(k => k.Kind, k =>
    {
        var times = new List<double>();
        while (Times(k.Kind).TryDequeue(out var time))
            times.Add(time);
        times.Sort();
        return times.Count == 0 ? new Latency(0, 0, 0) : new Latency(times.Count, times[times.Count / 2], times[times.Count * 99 / 100]);
    });

    private ConcurrentQueue<double> Times(string kind) => _times.GetOrAdd(kind, _ => new());

    private async Task CallAsync(string kind, Func<Task<bool>> next, Func<Task> call)
    {
        while (await next())
        {
            try
            {
                await call();
            }
            catch (RpcException e)
            {
                Fail(kind, e.StatusCode);
            }
        }
    }

    private async Task StreamAsync<TRequest, TResponse>(
        string kind, Func<Task<bool>> next, Func<AsyncDuplexStreamingCall<TRequest, TResponse>> open, TRequest request, Func<TResponse, Google.Rpc.Status?> error)
    {
        var more = true;
        while (more)
        {
            try
            {
                using var stream = open();
                for (var i = 0; i < StreamItems && (more = await next()); i++)
                {
                    await stream.RequestStream.WriteAsync(request);
                    if (!await stream.ResponseStream.MoveNext(CancellationToken.None))
                        throw new RpcException(new Status(StatusCode.DataLoss, "The stream ended before its last answer."));
                    if (error(stream.ResponseStream.Current) is { } status)
                        Fail(kind, (StatusCode)status.Code);
                }
                await stream.RequestStream.CompleteAsync();
                if (await stream.ResponseStream.MoveNext(CancellationToken.None))
                    Fail(kind, StatusCode.DataLoss);
            }
            catch (RpcException e)
            {
                Fail(kind, e.StatusCode);
            }
        }
    }

    private void Fail(string kind, StatusCode status) => _failures.AddOrUpdate($"{kind}: {status}", 1, (_, n) => n + 1);
}
