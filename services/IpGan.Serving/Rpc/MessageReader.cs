using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace IpGan.Serving.Rpc;

/// <summary>The body of a gRPC call with one message: asks for the message's bytes when its length has come, and before the rest is waited for.</summary>
/// <param name="inner">The body.</param>
/// <param name="take">Given the bytes: true if they may be read.</param>
/// <param name="refusal">What is thrown where they may not.</param>
internal sealed class MessageReader(PipeReader inner, Func<long, bool> take, Func<Exception> refusal) : PipeReader, IRequestBodyPipeFeature
{
    // Compression flag and length.
    private const int HeaderBytes = 5;

    private bool _asked;

    public PipeReader Reader => this;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (!_asked && result.Buffer.Length >= HeaderBytes)
        {
            _asked = true;
            if (!take(HeaderBytes + LengthIn(result.Buffer)))
            {
                inner.AdvanceTo(result.Buffer.End);
                throw refusal();
            }
        }
        return result;
    }

    public override bool TryRead(out ReadResult result) => inner.TryRead(out result);

    public override void AdvanceTo(SequencePosition consumed) => inner.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => inner.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    private static long LengthIn(ReadOnlySequence<byte> message)
    {
        Span<byte> length = stackalloc byte[sizeof(uint)];
        message.Slice(HeaderBytes - sizeof(uint), sizeof(uint)).CopyTo(length);
        return BinaryPrimitives.ReadUInt32BigEndian(length);
    }
}
