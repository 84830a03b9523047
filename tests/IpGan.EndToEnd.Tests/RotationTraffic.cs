using System.Collections.Concurrent;
using Google.Protobuf;
using IpGan.V1;

namespace IpGan.EndToEnd.Tests;

/// <summary>Clients that rotate without a pause, half of them by single calls and half by streams, and check every answer.</summary>
public sealed class RotationTraffic : IAsyncDisposable
{
    private readonly HostProcess _gateway;
    private readonly KnownSets _known;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _calls = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly List<Task> _clients;
    private readonly ConcurrentQueue<(int Client, ModelTriple Models)> _answers = new();

    public RotationTraffic(HostProcess gateway, KnownSets known)
    {
        (_gateway, _known) = (gateway, known);
        _clients = [Task.Run(() => CallAsync(0)), Task.Run(() => CallAsync(1)), Task.Run(() => StreamAsync(2)), Task.Run(() => StreamAsync(3))];
    }

    /// <summary>Waits until every client got this many further answers from these versions; fails as soon as any answer was wrong.</summary>
    public async Task WaitForAsync(ModelTriple models, int answers, CancellationToken cancel)
    {
        var already = Count(models);
        while (Count(models).Zip(already).Any(c => c.First < c.Second + answers))
        {
            var failed = _clients.Find(c => c.IsFaulted);
            if (failed is not null)
            {
                await failed;
            }
            await Task.Delay(10, cancel);
        }
    }

    /// <summary>Ends the traffic, and fails if any request failed or any answer was wrong. Each client's versions, in order, repetitions left out.</summary>
    public async Task<IReadOnlyList<List<ModelTriple>>> StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_clients);
        return [.. Enumerable.Range(0, _clients.Count).Select(client =>
        {
            var seen = new List<ModelTriple>();
            foreach (var (_, models) in _answers.Where(a => a.Client == client))
            {
                if (seen.Count == 0 || !seen[^1].Equals(models))
                {
                    seen.Add(models);
                }
            }
            return seen;
        })];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // A gateway that a failed test leaves behind may answer nobody.
        await _calls.CancelAsync();
        await Task.WhenAll(_clients).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _calls.Dispose();
        _stop.Dispose();
    }

    private int[] Count(ModelTriple models) =>
        [.. Enumerable.Range(0, _clients.Count).Select(client => _answers.Count(a => a.Client == client && a.Models.Equals(models)))];

    private async Task CallAsync(int client)
    {
        var rotation = new FaceRotation.FaceRotationClient(_gateway.Channel);
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            var (photo, pose) = Photos(client, i);
            Check(client, photo, pose, await rotation.RotateAsync(Request(photo, pose), cancellationToken: _calls.Token));
        }
    }

    private async Task StreamAsync(int client)
    {
        using var call = new FaceRotation.FaceRotationClient(_gateway.Channel).RotateStream(cancellationToken: _calls.Token);
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            var (photo, pose) = Photos(client, i);
            await call.RequestStream.WriteAsync(Request(photo, pose), _calls.Token);
            Assert.True(await call.ResponseStream.MoveNext(_calls.Token));
            Check(client, photo, pose, call.ResponseStream.Current);
        }
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(_calls.Token));
    }

    private void Check(int client, byte[] photo, byte[] pose, RotateResponse response)
    {
        Assert.Null(response.Error);
        _known.AssertConsistent(photo, pose, response);
        _answers.Enqueue((client, response.Models));
    }

    private static (byte[] Photo, byte[] Pose) Photos(int client, int i) => (Pictures.Square(client * 50 + i % 50), Pictures.Square(1000 + i % 50));

    private static RotateRequest Request(byte[] photo, byte[] pose) => new()
    {
        Source = new RotationSource { Image = new Image { Content = ByteString.CopyFrom(photo), Cropped = true } },
        Targets =
        {
            new RotationTarget { Image = new Image { Content = ByteString.CopyFrom(pose), Cropped = true } },
            new RotationTarget { Angles = new Angles { Yaw = 10 } },
        },
    };
}
