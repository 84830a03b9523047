using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Client;
using IpGan.V1;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IpGan.Client;

/// <summary>
/// Rotates faces and compares them. One client serves a whole program; all its methods may be called at once. What goes wrong is an
/// <see cref="IpGanException"/>, whatever the call.
/// </summary>
public sealed class IpGanClient : IDisposable
{
    private const string KeyHeader = "x-api-key";
    private const string TokenHeader = "authorization";

    // What the service takes.
    private const int BridgedAtOnce = 1000;
    private readonly IpGanClientOptions _options;
    private readonly CallCredentials? _token;
    private readonly ILogger _log;
    private readonly GrpcChannel _channel;
    private readonly FaceRotation.FaceRotationClient _rotation;
    private readonly IdentityEncoder.IdentityEncoderClient _identity;
    private readonly PoseEncoder.PoseEncoderClient _pose;
    private readonly Generator.GeneratorClient _generator;
    private readonly FaceFinder.FaceFinderClient _finder;
    private readonly ModelControl.ModelControlClient _models;

    /// <summary>A client; it connects at its first call.</summary>
    /// <param name="options">Where the gateways are.</param>
    /// <param name="log">Where connections and retries are told of.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public IpGanClient(IpGanClientOptions options, ILoggerFactory? log = null)
    {
        options.Validate();
        _options = options;
        _token = options.Token is { } token ? Bearer(token) : null;
        _log = log?.CreateLogger<IpGanClient>() ?? (ILogger)NullLogger.Instance;
        _channel = GatewayChannel.Open(options, log);
        (_rotation, _identity, _pose, _generator) = (new(_channel), new(_channel), new(_channel), new(_channel));
        (_finder, _models) = (new(_channel), new(_channel));
    }

    /// <summary>Who is in a photo.</summary>
    /// <param name="photo">Of whom.</param>
    /// <param name="deadline">Instead of the options'.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<IdentityVector> EmbedAsync(Photo photo, TimeSpan? deadline = null, CancellationToken cancel = default)
    {
        var response = await CallAsync(o => _identity.EmbedAsync(new EmbedRequest { Image = photo.ToMessage() }, o), deadline, cancel).ConfigureAwait(false);
        return IdentityVector.From(response.Embedding, response.Face, response.Crop);
    }

    /// <summary>All faces in a photo, whatever is said of its face.</summary>
    /// <param name="photo">Any.</param>
    /// <param name="deadline">Instead of the options'.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<PhotoFaces> FindFacesAsync(Photo photo, TimeSpan? deadline = null, CancellationToken cancel = default)
    {
        var request = new FindFacesRequest { Image = new Photo(photo.Content).ToMessage() };
        return PhotoFaces.From(await CallAsync(o => _finder.FindFacesAsync(request, o), deadline, cancel).ConfigureAwait(false));
    }

    /// <summary>Who is in many photos, in their order.</summary>
    public IAsyncEnumerable<BulkResult<IdentityVector>> EmbedManyAsync(IAsyncEnumerable<Photo> photos, CancellationToken cancel = default) => BulkAsync(
        photos.Select(p => new EmbedRequest { Image = p.ToMessage(), Id = p.Id }), token => _identity.EmbedStream(Options(null, token)),
        (request, o) => _identity.EmbedAsync(request, o), (request, status) => new EmbedIdentityResponse { Id = request.Id, Error = status }, r => r.Error,
        r => new BulkResult<IdentityVector>(r.Id, r.Embedding is null ? null : IdentityVector.From(r.Embedding, r.Face, r.Crop), IpGanException.From(r.Error)), cancel);

    /// <summary>
    /// Vectors of an older space in the space of a newer identity encoder, in their order, for indexes whose photos are gone. Something is lost:
    /// <see cref="ModelInfo.Bridges"/> says which spaces can be left so, and what it costs.
    /// </summary>
    /// <param name="vectors">Any number.</param>
    /// <param name="modelVersion">The version into whose space they shall come. Null: the active one.</param>
    /// <param name="deadline">Instead of the options', for each thousand.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<IReadOnlyList<IdentityVector>> BridgeAsync(
        IReadOnlyList<IdentityVector> vectors, string? modelVersion = null, TimeSpan? deadline = null, CancellationToken cancel = default)
    {
        var crossed = new List<IdentityVector>(vectors.Count);
        foreach (var chunk in vectors.Chunk(BridgedAtOnce))
        {
            var request = new BridgeRequest { Embeddings = { chunk.Select(v => v.ToMessage()) }, ModelVersion = modelVersion ?? "" };
            crossed.AddRange((await CallAsync(o => _identity.BridgeAsync(request, o), deadline, cancel).ConfigureAwait(false)).Embeddings.Select(v => IdentityVector.From(v)));
        }
        return crossed;
    }

    /// <summary>How the head in a photo is held.</summary>
    /// <inheritdoc cref="EmbedAsync"/>
    public async Task<HeadPose> EmbedPoseAsync(Photo photo, TimeSpan? deadline = null, CancellationToken cancel = default) => HeadPose.From(
        await CallAsync(o => _pose.EmbedAsync(new EmbedRequest { Image = photo.ToMessage() }, o), deadline, cancel).ConfigureAwait(false));

    /// <summary>The pose vector for angles.</summary>
    /// <param name="angles">Degrees.</param>
    /// <param name="deadline">Instead of the options'.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<HeadPose> PoseFromAnglesAsync(HeadAngles angles, TimeSpan? deadline = null, CancellationToken cancel = default)
    {
        var request = new FromAnglesRequest { Yaw = angles.Yaw, Pitch = angles.Pitch, Roll = angles.Roll };
        return HeadPose.From(await CallAsync(o => _pose.FromAnglesAsync(request, o), deadline, cancel).ConfigureAwait(false));
    }

    /// <summary>One person in one or more poses.</summary>
    /// <param name="request">Who, and how the head shall be held.</param>
    /// <param name="deadline">Instead of the options'.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Rotation> RotateAsync(RotationRequest request, TimeSpan? deadline = null, CancellationToken cancel = default) =>
        Rotation.From(await CallAsync(o => _rotation.RotateAsync(request.ToMessage(), o), deadline, cancel).ConfigureAwait(false));

    /// <summary>Many people, in their order.</summary>
    public IAsyncEnumerable<BulkResult<Rotation>> RotateManyAsync(IAsyncEnumerable<RotationRequest> requests, CancellationToken cancel = default) => BulkAsync(
        requests.Select(r => r.ToMessage()), token => _rotation.RotateStream(Options(null, token)), (request, o) => _rotation.RotateAsync(request, o),
        (request, status) => new RotateResponse { Id = request.Id, Error = status }, r => r.Error,
        r => new BulkResult<Rotation>(r.Id, r.Error is null ? Rotation.From(r) : null, IpGanException.From(r.Error)), cancel);

    /// <summary>The identity vector of somebody: of several photos, between two people, of a new person.</summary>
    /// <param name="person">Whom.</param>
    /// <param name="deadline">Instead of the options'.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<ResolvedPerson> ResolveAsync(Person person, TimeSpan? deadline = null, CancellationToken cancel = default) => ResolvedPerson.From(
        await CallAsync(o => _rotation.ResolveIdentityAsync(new ResolveIdentityRequest { Source = person.ToMessage() }, o), deadline, cancel).ConfigureAwait(false));

    /// <summary>How alike two people are, and whether they are one.</summary>
    /// <param name="a">The one.</param>
    /// <param name="b">The other.</param>
    /// <param name="deadline">Instead of the options'.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Comparison> CompareAsync(Person a, Person b, TimeSpan? deadline = null, CancellationToken cancel = default) => Comparison.From(
        await CallAsync(o => _rotation.CompareAsync(new CompareRequest { A = a.ToMessage(), B = b.ToMessage() }, o), deadline, cancel).ConfigureAwait(false));

    /// <summary>New people. The same seed, count and generator give the same ones.</summary>
    /// <param name="count">1 to 1,000.</param>
    /// <param name="seed">Anything.</param>
    /// <param name="deadline">Instead of the options'.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<IReadOnlyList<IdentityVector>> SampleAsync(int count, ulong seed, TimeSpan? deadline = null, CancellationToken cancel = default)
    {
        if (count < 1)
        {
            // To the service 0 means that nothing was said, and so one.
            throw new ArgumentException($"{count} people; it must be 1 or more.");
        }
        var request = new SampleIdentityRequest { Count = count, Seed = seed };
        return [.. (await CallAsync(o => _generator.SampleIdentityAsync(request, o), deadline, cancel).ConfigureAwait(false)).Identities.Select(i => IdentityVector.From(i))];
    }

    /// <summary>Every service's versions, spaces and states.</summary>
    public Task<ModelsSnapshot> ListModelsAsync(CancellationToken cancel = default) =>
        CallAsync(o => _models.ListModelsAsync(new ListModelsRequest(), o), null, cancel);

    /// <summary>The models now, again whenever anything changes, and every few seconds as a sign of life, until it is cancelled or the gateway is lost.</summary>
    public async IAsyncEnumerable<ModelsSnapshot> WatchModelsAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        using var call = _models.WatchModels(new WatchModelsRequest(), Options(null, cancel));
        while (await GuardAsync(() => call.ResponseStream.MoveNext(cancel), cancel).ConfigureAwait(false))
        {
            yield return call.ResponseStream.Current;
        }
    }

    /// <summary>Chooses the version that a role serves; returns when it does, with all models.</summary>
    /// <param name="role">"identity-encoder", "pose-encoder", "generator" or "face-finder".</param>
    /// <param name="version">Empty: follow the newest again.</param>
    /// <param name="deadline">Instead of the options'; loading a model takes time.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<ModelsSnapshot> SetVersionAsync(string role, string version, TimeSpan? deadline = null, CancellationToken cancel = default) =>
        CallAsync(o => _models.SetVersionAsync(new SetVersionRequest { Role = role, Version = version }, o), deadline, cancel);

    /// <inheritdoc />
    public void Dispose() => _channel.Dispose();

    private CallOptions Options(TimeSpan? deadline, CancellationToken cancel)
    {
        IpGanClientOptions.CheckDeadline(deadline ?? Timeout.InfiniteTimeSpan);
        var options = new CallOptions(deadline: deadline is { } limit && limit != Timeout.InfiniteTimeSpan ? DateTime.UtcNow + limit : null, cancellationToken: cancel, credentials: _token);
        return _options.ApiKey is { } key ? options.WithHeaders(new Metadata { { KeyHeader, key } }) : options;
    }

    private static CallCredentials Bearer(Func<CancellationToken, Task<string>> token) => CallCredentials.FromInterceptor(async (context, headers) =>
    {
        try
        {
            headers.Add(TokenHeader, $"Bearer {await token(context.CancellationToken).ConfigureAwait(false)}");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Nothing of the gateways.
            throw new RpcException(new Status(StatusCode.Unauthenticated, $"There is no token to send: {e.Message}"));
        }
    });

    private Task<T> CallAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> call, TimeSpan? deadline, CancellationToken cancel) =>
        GuardAsync(async () =>
        {
            using var running = call(Options(deadline ?? _options.Deadline, cancel));
            return await running.ResponseAsync.ConfigureAwait(false);
        }, cancel);

    private async IAsyncEnumerable<BulkResult<T>> BulkAsync<TRequest, TResponse, T>(
        IAsyncEnumerable<TRequest> requests, Func<CancellationToken, AsyncDuplexStreamingCall<TRequest, TResponse>> open,
        Func<TRequest, CallOptions, AsyncUnaryCall<TResponse>> alone, Func<TRequest, Google.Rpc.Status, TResponse> failed, Func<TResponse, Google.Rpc.Status?> error, Func<TResponse, BulkResult<T>> result,
        [EnumeratorCancellation] CancellationToken cancel) where TResponse : class where T : class
    {
        var bulk = new BulkCall<TRequest, TResponse>
        {
            Open = open,
            StatusOf = response => (StatusCode)(error(response)?.Code ?? 0),
            Alone = async (request, token) =>
            {
                using var running = alone(request, Options(_options.Deadline, token));
                return await running.ResponseAsync.ConfigureAwait(false);
            },
            Failed = (request, e) => failed(request, new Google.Rpc.Status { Code = (int)e.Status, Message = e.Message }),
            Attempts = 2 * _options.Attempts,
            Retrying = (reason, failures) => ClientLog.StreamBroke(_log, failures == 1 ? LogLevel.Warning : LogLevel.Debug, reason.Message, 2 * _options.Attempts),
            Failure = e => IpGanException.From(e, _options.Addresses),
        };
        await foreach (var response in bulk.RunAsync(requests, cancel).ConfigureAwait(false))
        {
            yield return result(response);
        }
    }

    private async Task<T> GuardAsync<T>(Func<Task<T>> call, CancellationToken cancel)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception e) when (IpGanException.IsOfCall(e))
        {
            // Who cancels knows it.
            cancel.ThrowIfCancellationRequested();
            throw IpGanException.From(e, _options.Addresses);
        }
    }
}
