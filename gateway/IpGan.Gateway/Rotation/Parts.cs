using System.Collections.Concurrent;
using Grpc.Core;
using IpGan.Gateway.Errors;
using IpGan.V1;

namespace IpGan.Gateway.Rotation;

/// <summary>The calls that one request is made of: some at a time, and the first that fails ends the others.</summary>
internal sealed class Parts : IDisposable
{
    // Enough to keep services busy, too few to fill their queues.
    private const int AtOnce = 8;

    private readonly SemaphoreSlim _places = new(AtOnce);
    private readonly CancellationTokenSource _stop;
    private readonly Func<CallOptions> _options;
    private readonly ConcurrentQueue<TakenFace> _taken = [];
    private RpcException? _first;

    public Parts(Func<CallOptions> options)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(options().CancellationToken);
        _options = () => options().WithCancellationToken(_stop.Token);
    }

    /// <summary>The faces that services found in photos, by part.</summary>
    public IEnumerable<TakenFace> Taken => _taken.OrderBy(t => t.Part.Length).ThenBy(t => t.Part, StringComparer.Ordinal);

    /// <summary>Keeps which face of a photo a service took; null where it looked for none.</summary>
    public void Take(string name, CropSource crop, FoundFace? face)
    {
        if (face is not null)
        {
            _taken.Enqueue(new TakenFace { Part = name, Crop = crop, Face = face });
        }
    }

    /// <summary>Makes a call when there is a place.</summary>
    /// <exception cref="RpcException">The call's, with the name of the part in front; or that of another part which failed before.</exception>
    public async Task<T> RunAsync<T>(string name, Func<CallOptions, Task<T>> call)
    {
        try
        {
            await _places.WaitAsync(_stop.Token);
            try
            {
                return await call(_options());
            }
            finally
            {
                _places.Release();
            }
        }
        catch (RpcException e)
        {
            Interlocked.CompareExchange(ref _first, Failures.Of(name, e), null);
            await _stop.CancelAsync();
            throw _first;
        }
        catch (OperationCanceledException) when (_first is { } first)
        {
            throw first;
        }
    }

    public void Dispose()
    {
        _stop.Dispose();
        _places.Dispose();
    }
}
