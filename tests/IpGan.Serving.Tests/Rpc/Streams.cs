using System.Threading.Channels;
using Grpc.Core;

namespace IpGan.Serving.Tests.Rpc;

/// <summary>A request stream that the test writes.</summary>
internal sealed class RequestStream : IAsyncStreamReader<int>
{
    private readonly Channel<int> _requests = Channel.CreateUnbounded<int>();
    private int _read;

    public int Current { get; private set; }

    public int Read => Volatile.Read(ref _read);

    public void Add(params IEnumerable<int> requests)
    {
        foreach (var request in requests)
        {
            _requests.Writer.TryWrite(request);
        }
    }

    public void End(Exception? error = null) => _requests.Writer.Complete(error);

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (!await _requests.Reader.WaitToReadAsync(cancellationToken))
        {
            return false;
        }
        Current = await _requests.Reader.ReadAsync(cancellationToken);
        Interlocked.Increment(ref _read);
        return true;
    }
}

/// <summary>A response stream that the test reads; a client that does not is held up after <paramref name="window"/> answers.</summary>
internal sealed class ResponseStream(int window = 1000) : IServerStreamWriter<int>
{
    private readonly Channel<int> _responses = Channel.CreateBounded<int>(window);

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(int message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(int message, CancellationToken cancellationToken) => _responses.Writer.WriteAsync(message, cancellationToken).AsTask();

    /// <summary>Takes the next answers, which must be these.</summary>
    public async Task ExpectAsync(params int[] expected)
    {
        foreach (var answer in expected)
        {
            Assert.Equal(answer, await _responses.Reader.ReadAsync(TestContext.Current.CancellationToken));
        }
    }

    public bool IsEmpty => _responses.Reader.Count == 0;
}
