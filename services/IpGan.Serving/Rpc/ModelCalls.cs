using System.Buffers;
using Grpc.Core;
using IpGan.Serving.Runtime;
using IpGan.Serving.Scheduling;
using IpGan.Serving.Versions;
using IpGan.V1;

namespace IpGan.Serving.Rpc;

/// <summary>What every call that runs a network does: take a lease on the version that it names, and wait for a worker.</summary>
public sealed class ModelCalls(ModelHosts hosts, WorkQueue queue, ErrorInterceptor errors, OnnxDevice device)
{
    /// <summary>Runs a function on a worker, with the named version's model, or the active one's if the name is empty.</summary>
    /// <param name="version">The version.</param>
    /// <param name="work">Must not wait for anything.</param>
    /// <param name="wait">True (streams): wait for a place in the queue. False (single calls): refuse when there is none.</param>
    /// <param name="cancel">The caller's patience.</param>
    public async Task<T> RunAsync<T>(string version, Func<LoadedModel, T> work, bool wait, CancellationToken cancel)
    {
        using var lease = hosts.Own.Acquire(version);
        var model = lease.Model;
        if (!wait)
        {
            ServingSpans.TagRequest(model);
        }
        return await queue.RunAsync(() => work(model), wait, cancel).ConfigureAwait(false);
    }

    /// <summary>As <see cref="RunAsync"/>, with the outputs of an encoder on a picture.</summary>
    /// <param name="request">The picture and the version.</param>
    /// <param name="answer">From the model, its outputs, and how the square was come by.</param>
    /// <param name="wait">As for <see cref="RunAsync"/>.</param>
    /// <param name="cancel">As for <see cref="RunAsync"/>.</param>
    public async Task<T> EmbedAsync<T>(EmbedRequest request, Func<LoadedModel, float[][], PictureSource, T> answer, bool wait, CancellationToken cancel)
    {
        using var finder = PictureInput.NeedsFinder(request.Image) ? hosts.AcquireFinder("") : null;
        return await RunAsync(request.ModelVersion, model => Embed(model, finder?.Model, request, answer), wait, cancel).ConfigureAwait(false);
    }

    /// <summary>Answers a stream in order; an item that fails is answered by its error, and the stream goes on.</summary>
    /// <param name="requests">What comes in.</param>
    /// <param name="responses">What goes out.</param>
    /// <param name="answer">Answers one.</param>
    /// <param name="failed">The answer that carries an error.</param>
    /// <param name="cancel">The call's token.</param>
    public Task StreamAsync<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requests, IServerStreamWriter<TResponse> responses, Func<TRequest, CancellationToken, Task<TResponse>> answer,
        Func<TRequest, Google.Rpc.Status, TResponse> failed, CancellationToken cancel)
    {
        async Task<TResponse> AnswerAsync(TRequest request, CancellationToken stop)
        {
            try
            {
                return await answer(request, stop).ConfigureAwait(false);
            }
            catch (Exception e) when (!stop.IsCancellationRequested)
            {
                return failed(request, errors.ToItem(e));
            }
        }
        return OrderedStream.RunAsync(requests, responses, AnswerAsync, device.Workers * 2, cancel);
    }

    private static T Embed<T>(LoadedModel model, LoadedModel? finder, EmbedRequest request, Func<LoadedModel, float[][], PictureSource, T> answer)
    {
        var size = model.Manifest.ImageSize;
        var pixels = ArrayPool<float>.Shared.Rent(3 * size * size);
        try
        {
            var input = pixels.AsMemory(0, 3 * size * size);
            var source = PictureInput.Read(request.Image, finder, size, input.Span);
            return answer(model, model.RunOne(input), source);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(pixels);
        }
    }
}
