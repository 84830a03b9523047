namespace IpGan.Serving.Rpc;

/// <summary>Bytes of requests that may be in memory at once, of all callers together.</summary>
/// <param name="most">How many.</param>
/// <param name="largest">Bytes of the largest message: what is larger is refused elsewhere, and not read to its end.</param>
internal sealed class MessageBudget(long most, long largest)
{
    private readonly Lock _taking = new();
    private long _taken;

    /// <summary>One call's share: nothing yet.</summary>
    public Share Open() => new(this);

    // What was taken: 0 where there is no room.
    private long Take(long bytes)
    {
        bytes = Math.Min(bytes, largest);
        lock (_taking)
        {
            if (_taken + bytes > most)
            {
                return 0;
            }
            _taken += bytes;
            return bytes;
        }
    }

    private void Return(long bytes)
    {
        lock (_taking)
        {
            _taken -= bytes;
        }
    }

    /// <summary>What one call has taken, until it is disposed.</summary>
    public sealed class Share(MessageBudget budget) : IDisposable
    {
        private long _own;

        /// <summary>Takes the bytes of a message, 1 at least; false where that would be too many.</summary>
        public bool TryTake(long bytes)
        {
            var taken = budget.Take(Math.Max(bytes, 1));
            _own += taken;
            return taken > 0;
        }

        /// <inheritdoc />
        public void Dispose() => budget.Return(_own);
    }
}
