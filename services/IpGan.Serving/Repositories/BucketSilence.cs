namespace IpGan.Serving.Repositories;

/// <summary>
/// How long a bucket may say nothing, from one sign of life to the next. The client has no such limit for asynchronous calls: one that stalls instead of
/// refusing would hold a look for ever, and nobody would hear of it.
/// </summary>
internal sealed class BucketSilence : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly CancellationToken _cancel;
    private readonly CancellationTokenSource _silence;
    private readonly CancellationTokenSource _either;

    /// <summary>Begins now.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Ends the waiting, too, and is no silence.</param>
    public BucketSilence(TimeProvider time, CancellationToken cancel)
    {
        _cancel = cancel;
        _silence = new CancellationTokenSource(Longest, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_silence.Token, cancel);
    }

    /// <summary>Waits for something that comes from the bucket; then the time begins anew.</summary>
    /// <exception cref="TimeoutException">It was silent for too long.</exception>
    public async Task<T> EndAsync<T>(Func<CancellationToken, Task<T>> something)
    {
        try
        {
            // Parts of the client read without looking at their token, some before they return: on a thread of their own they hold up nobody.
            var come = await Task.Run(() => something(_either.Token), _either.Token).WaitAsync(_either.Token).ConfigureAwait(false);
            _silence.CancelAfter(Longest);
            return come;
        }
        catch (Exception e) when (_silence.IsCancellationRequested && !_cancel.IsCancellationRequested)
        {
            throw new TimeoutException($"The bucket said nothing for {Longest.TotalSeconds:F0} seconds", e);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _either.Dispose();
        _silence.Dispose();
    }
}
