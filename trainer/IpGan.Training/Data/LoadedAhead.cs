namespace IpGan.Training.Data;

/// <summary>Batches that are put together one step ahead, beside the step that learns from the last one.</summary>
/// <param name="create">Puts the batch of a step together; the same one whenever it is asked.</param>
internal sealed class LoadedAhead<T>(Func<long, T> create) : IDisposable where T : notnull
{
    private (long Step, Task<T> Batch)? _next;

    /// <summary>The batch of a step; if it can be disposed, the caller does so.</summary>
    public T Take(long step)
    {
        if (_next is { } ahead && ahead.Step != step)
        {
            Dispose();
        }
        var batch = _next is { } ready ? ready.Batch.GetAwaiter().GetResult() : create(step);
        _next = (step + 1, Task.Run(() => create(step + 1)));
        return batch;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_next is { } ahead)
        {
            _next = null;
            // One that failed ahead of its step is missed by nobody.
            ((Task)ahead.Batch).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
            if (ahead.Batch.IsCompletedSuccessfully)
            {
                (ahead.Batch.Result as IDisposable)?.Dispose();
            }
        }
    }
}
