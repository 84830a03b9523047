using System.Buffers;

namespace IpGan.Serving.Runtime;

/// <summary>
/// Brings what several workers want of one network at the same time together into one run. The first to come opens a batch and waits a moment for others,
/// then runs it for all; those others wait for him. So a batch is never larger than the number of workers, and needs no thread of its own.
/// </summary>
/// <param name="run">The network: batch, inputs, outputs, as <see cref="OnnxModel.Run"/>.</param>
/// <param name="inputLengths">Numbers of each input for one item.</param>
/// <param name="outputLengths">Numbers of each output for one item.</param>
/// <param name="size">Items of a batch at most, at least 2.</param>
/// <param name="delay">How long the first waits for others.</param>
/// <param name="time">Measures the delay.</param>
internal sealed class Batcher(
    Action<int, Memory<float>[], Memory<float>[]> run, IReadOnlyList<int> inputLengths, IReadOnlyList<int> outputLengths, int size, TimeSpan delay, TimeProvider time)
{
    private readonly Lock _lock = new();
    private Batch? _open;

    /// <summary>Items in the batch that is being filled.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _open?.Count ?? 0;
            }
        }
    }

    /// <summary>Runs the network on some items, perhaps together with those of other callers. Returns when the outputs are written.</summary>
    public void Run(int count, ReadOnlySpan<Memory<float>> inputs, ReadOnlySpan<Memory<float>> outputs)
    {
        if (count >= size)
        {
            run(count, inputs.ToArray(), outputs.ToArray());
            return;
        }
        var (batch, first) = Join(count, inputs);
        if (first == 0)
        {
            batch.WaitUntilClosed(delay, time);
            lock (_lock)
            {
                _open = _open == batch ? null : _open;
            }
            batch.Run(run);
        }
        batch.Take(first, count, outputs);
    }

    private (Batch Batch, int First) Join(int count, ReadOnlySpan<Memory<float>> inputs)
    {
        lock (_lock)
        {
            if (_open is null || _open.Count + count > size)
            {
                // One that is too full for this caller goes at once.
                _open?.Close();
                _open = new Batch(inputLengths, outputLengths, size);
            }
            var (batch, first) = (_open, _open.Count);
            batch.Add(count, inputs);
            if (batch.Count == size)
            {
                batch.Close();
                _open = null;
            }
            return (batch, first);
        }
    }

    private sealed class Batch(IReadOnlyList<int> inputLengths, IReadOnlyList<int> outputLengths, int size)
    {
        private readonly float[][] _inputs = [.. inputLengths.Select(n => ArrayPool<float>.Shared.Rent(n * size))];
        private readonly float[][] _outputs = [.. outputLengths.Select(n => ArrayPool<float>.Shared.Rent(n * size))];
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _callers;

        public int Count { get; private set; }

        public void Add(int count, ReadOnlySpan<Memory<float>> inputs)
        {
            for (var i = 0; i < inputs.Length; i++)
            {
                inputs[i].Span[..(count * inputLengths[i])].CopyTo(_inputs[i].AsSpan(Count * inputLengths[i]));
            }
            Count += count;
            _callers++;
        }

        public void Close() => _closed.TrySetResult();

        // On a worker's own thread: there is nothing else for it to do.
        public void WaitUntilClosed(TimeSpan delay, TimeProvider time) =>
            _closed.Task.WaitAsync(delay, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();

        public void Run(Action<int, Memory<float>[], Memory<float>[]> run)
        {
            try
            {
                run(Count, Slice(_inputs, inputLengths), Slice(_outputs, outputLengths));
                _done.SetResult();
            }
            catch (Exception e)
            {
                _done.SetException(e);
            }
        }

        /// <summary>Waits for the run, and copies a caller's part of it; fails as the run failed.</summary>
        public void Take(int first, int count, ReadOnlySpan<Memory<float>> outputs)
        {
            try
            {
                _done.Task.GetAwaiter().GetResult();
                for (var i = 0; i < outputs.Length; i++)
                {
                    _outputs[i].AsSpan(first * outputLengths[i], count * outputLengths[i]).CopyTo(outputs[i].Span);
                }
            }
            finally
            {
                if (Interlocked.Decrement(ref _callers) == 0)
                {
                    foreach (var array in _inputs.Concat(_outputs))
                    {
                        ArrayPool<float>.Shared.Return(array);
                    }
                }
            }
        }

        private Memory<float>[] Slice(float[][] arrays, IReadOnlyList<int> lengths) => [.. arrays.Zip(lengths, (a, n) => a.AsMemory(0, n * Count))];
    }
}
