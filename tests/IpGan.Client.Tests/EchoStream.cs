using System.Threading.Channels;
using Grpc.Core;

namespace IpGan.Client.Tests;

/// <summary>
/// A call without a gateway: what is written is the answer. As in gRPC for .NET when the answers have ended, a write does not listen to a token that is the
/// call's, too.
/// </summary>
/// <param name="ofCall">The call's token.</param>
internal sealed class EchoStream(CancellationToken ofCall) : IClientStreamWriter<string>, IAsyncStreamReader<string>
{
    private readonly Channel<string> _written = Channel.CreateUnbounded<string>();

    /// <summary>What a write waits for.</summary>
    public Func<string, Task> Write { get; init; } = _ => Task.CompletedTask;

    /// <summary>When the answers end, without any. Null: after all of them.</summary>
    public Task? Ends { get; init; }

    public AsyncDuplexStreamingCall<string, string> Call =>
        new(this, this, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => new Metadata(), () => { });

    public WriteOptions? WriteOptions { get; set; }

    public string Current { get; private set; } = "";

    public Task WriteAsync(string message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(string message, CancellationToken cancellationToken)
    {
        await Write(message).WaitAsync(cancellationToken == ofCall ? CancellationToken.None : cancellationToken);
        _written.Writer.TryWrite(message);
    }

    public Task CompleteAsync()
    {
        _written.Writer.Complete();
        return Task.CompletedTask;
    }

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Ends is not null)
        {
            await Ends.WaitAsync(cancellationToken);
            return false;
        }
        if (!await _written.Reader.WaitToReadAsync(cancellationToken))
        {
            return false;
        }
        Current = await _written.Reader.ReadAsync(cancellationToken);
        return true;
    }
}
