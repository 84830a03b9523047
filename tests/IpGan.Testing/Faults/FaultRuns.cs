using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using IpGan.Models;
using IpGan.V1;

namespace IpGan.Testing.Faults;

/// <summary>Fault after fault against a running service while others go on asking it. A short run is a test, a long one a verb of the benchmark program.</summary>
public static class FaultRuns
{
    private const string Project = "IpGan.IdentityEncoder";

    /// <summary>
    /// Damaged packages, one after the other, beside a sound one that is asked all the time. None may be taken that is not sound, and no request may fail.
    /// </summary>
    /// <returns>How often packages ended in each state.</returns>
    public static async Task<IReadOnlyDictionary<ModelState, int>> DamagedPackagesAsync(int packages, int seed, CancellationToken cancel)
    {
        using var root = new TemporaryFolder();
        var repository = new ModelRepository(root.Path);
        TinyPackages.Publish(root.Path, ModelRole.IdentityEncoder, "0000000a", seed: 1);
        using var sound = PackageAnswers.Open(root.Path, ModelRole.IdentityEncoder, 1);
        await using var host = await HostProcess.StartAsync(Project, HostOfTwoVersions.Settings(root), cancel: cancel);
        var control = new ModelControl.ModelControlClient(host.Channel);
        // The sound one stays active whatever comes.
        await control.SetVersionAsync(new SetVersionRequest { Version = "1" }, cancellationToken: cancel);

        await using var asking = new Asking(host, sound, cancel);
        var mutator = new PackageMutator(seed);
        var states = new Dictionary<ModelState, int>();
        for (var version = 2; version < packages + 2; version++)
        {
            var (what, mayPass) = Publish(repository, mutator, version);
            var model = await EndOfAsync(host, control, version, cancel);
            states[model.State] = states.GetValueOrDefault(model.State) + 1;
            if (model.State == ModelState.Ready && !mayPass)
                throw new InvalidOperationException($"Version {version} ({what}) was taken for sound.");
            if (model.State != ModelState.Ready && model.Problem.Length == 0)
                throw new InvalidOperationException($"Version {version} ({what}) is {model.State}, and nothing says why.");
            asking.ThrowIfFailed();
            Directory.Delete(repository.Folder(ModelRole.IdentityEncoder, version), recursive: true);
        }
        await asking.StopAsync();
        return states;
    }

    /// <summary>
    /// Swaps from version to version under the load of callers who check every answer against the version that it names, and never see an older version
    /// after a newer one.
    /// </summary>
    /// <returns>How many answers were checked.</returns>
    public static async Task<string> SwapsAsync(int swaps, CancellationToken cancel)
    {
        using var root = new TemporaryFolder();
        var known = new ConcurrentDictionary<string, PackageAnswers>();
        var repository = new ModelRepository(root.Path);
        Task<int> PublishAsync()
        {
            var next = repository.Versions(ModelRole.IdentityEncoder) is [var newest, ..] ? newest + 1 : 1;
            var version = TinyPackages.Publish(root.Path, ModelRole.IdentityEncoder, "0000000a", seed: next);
            // What was pushed out long ago answers nobody any more.
            if (version > 20)
            {
                if (known.TryRemove($"{version - 20}", out var old))
                    old.Dispose();
                Directory.Delete(repository.Folder(ModelRole.IdentityEncoder, version - 20), recursive: true);
            }
            return Task.FromResult(version);
        }
        await PublishAsync();
        await using var host = await HostProcess.StartAsync(Project, HostOfTwoVersions.Settings(root), cancel: cancel);
        var client = new IdentityEncoder.IdentityEncoderClient(host.Channel);
        var photo = Pictures.Square(7);
        var request = new EmbedRequest { Image = new Image { Content = ByteString.CopyFrom(photo), Cropped = true } };
        var answers = 0;
        async Task<int> AskAsync()
        {
            var answer = (await client.EmbedAsync(request, cancellationToken: cancel)).Embedding;
            Interlocked.Increment(ref answers);
            var package = known.GetOrAdd(answer.ModelVersion, v => PackageAnswers.Open(root.Path, ModelRole.IdentityEncoder, int.Parse(v, CultureInfo.InvariantCulture)));
            var expected = package.Embed(photo)[0];
            Xunit.Assert.True(Vectors.AreClose(expected, answer.Values, 1e-4f), $"Version {answer.ModelVersion} gave another version's answer.");
            return int.Parse(answer.ModelVersion, CultureInfo.InvariantCulture);
        }
        try
        {
            await SwapTraffic.RunAsync([AskAsync, AskAsync, AskAsync], PublishAsync, swaps, cancel);
        }
        finally
        {
            foreach (var package in known.Values)
                package.Dispose();
        }
        return string.Create(CultureInfo.InvariantCulture, $"{answers} answers, all right; memory {host.ResidentBytes >> 20} MiB");
    }

    /// <summary>Hostile requests by several senders. The service must answer each with a status that fits, live on, keep its memory, and answer rightly at the end.</summary>
    /// <returns>How often each status came.</returns>
    public static async Task<IReadOnlyDictionary<StatusCode, int>> HostileRequestsAsync(int requests, int seed, CancellationToken cancel)
    {
        using var root = new TemporaryFolder();
        TinyPackages.Publish(root.Path, ModelRole.IdentityEncoder, "0000000a", seed: 1);
        using var sound = PackageAnswers.Open(root.Path, ModelRole.IdentityEncoder, 1);
        await using var host = await HostProcess.StartAsync(Project, HostOfTwoVersions.Settings(root), cancel: cancel);
        await using var asking = new Asking(host, sound, cancel);
        await asking.WaitForAsync(50, cancel);
        var before = host.ResidentBytes;
        var invoker = host.Channel.CreateCallInvoker();
        var counts = new Dictionary<StatusCode, int>();
        const int Senders = 4;
        await Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => Task.Run(async () =>
        {
            var mutator = new RequestMutator(seed * Senders + sender);
            for (var i = sender; i < requests; i += Senders)
            {
                var message = mutator.Next();
                var status = await RequestMutator.SendAsync(invoker, message, cancel);
                var fits = status is StatusCode.OK or StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.ResourceExhausted;
                if (!fits)
                    throw new InvalidOperationException($"Hostile request {i} of seed {seed} was answered by {status}: {Convert.ToHexString(message.AsSpan(0, Math.Min(120, message.Length)))}…\n{host.Log}");
                lock (counts)
                    counts[status] = counts.GetValueOrDefault(status) + 1;
            }
        }, cancel)));
        await asking.WaitForAsync(50, cancel);
        await asking.StopAsync();
        var growth = host.ResidentBytes - before;
        if (growth > 256L << 20)
            throw new InvalidOperationException($"The service's memory grew by {growth >> 20} MiB over {requests} hostile requests.");
        return counts;
    }

    private static (string What, bool MayPass) Publish(ModelRepository repository, PackageMutator mutator, int version)
    {
        var target = repository.Folder(ModelRole.IdentityEncoder, version);
        var workshop = Path.Combine(repository.Root, $".workshop-{version}");
        var made = new ModelRepository(workshop).Folder(ModelRole.IdentityEncoder,
            PackagePublisher.Publish(workshop, TinyPackages.Draft(ModelRole.IdentityEncoder, "0000000a", seed: version)));
        var mutation = mutator.Mutate(made);
        Directory.Move(made, target);
        Directory.Delete(workshop, recursive: true);
        return mutation;
    }

    private static async Task<ModelInfo> EndOfAsync(HostProcess host, ModelControl.ModelControlClient control, int version, CancellationToken cancel)
    {
        ModelInfo? model = null;
        await host.PollAsync($"come to an end with version {version}", async () =>
        {
            var snapshot = await control.ListModelsAsync(new ListModelsRequest(), cancellationToken: cancel);
            model = snapshot.Services[0].Models.SingleOrDefault(m => m.Version == $"{version}");
            return model is { State: ModelState.Ready or ModelState.Rejected or ModelState.Incomplete };
        }, cancel);
        return model!;
    }

    /// <summary>Somebody who asks all the time, and checks every answer.</summary>
    private sealed class Asking : IAsyncDisposable
    {
        private readonly CancellationTokenSource _done = new();
        private readonly CancellationTokenSource _calls;
        private readonly Task _task;
        private int _answers;

        public Asking(HostProcess host, PackageAnswers sound, CancellationToken cancel)
        {
            _calls = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var photo = Pictures.Square(7);
            var expected = sound.Embed(photo)[0];
            var request = new EmbedRequest { Image = new Image { Content = ByteString.CopyFrom(photo), Cropped = true } };
            var client = new IdentityEncoder.IdentityEncoderClient(host.Channel);
            _task = Task.Run(async () =>
            {
                while (!_done.IsCancellationRequested)
                {
                    var answer = await client.EmbedAsync(request, cancellationToken: _calls.Token);
                    if (answer.Embedding.ModelVersion != "1" || !Vectors.AreClose(expected, answer.Embedding.Values, 1e-4f))
                        throw new InvalidOperationException($"Version {answer.Embedding.ModelVersion} gave a wrong answer.");
                    Interlocked.Increment(ref _answers);
                }
            }, CancellationToken.None);
        }

        public void ThrowIfFailed()
        {
            if (_task.IsFaulted)
                _task.GetAwaiter().GetResult();
        }

        public async Task WaitForAsync(int answers, CancellationToken cancel)
        {
            var wanted = Volatile.Read(ref _answers) + answers;
            for (var started = Stopwatch.GetTimestamp(); Volatile.Read(ref _answers) < wanted; await Task.Delay(5, cancel))
            {
                ThrowIfFailed();
                if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromMinutes(3))
                    throw new TimeoutException("The service answers no more.");
            }
        }

        public async Task StopAsync()
        {
            await _done.CancelAsync();
            await _task;
        }

        public async ValueTask DisposeAsync()
        {
            await _done.CancelAsync();
            // A service that a failed run leaves behind may answer nobody.
            await _calls.CancelAsync();
            await _task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _calls.Dispose();
            _done.Dispose();
        }
    }
}
