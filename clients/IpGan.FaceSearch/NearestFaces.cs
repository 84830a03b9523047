using System.Numerics.Tensors;

namespace IpGan.FaceSearch;

/// <summary>The best so far.</summary>
/// <param name="count">How many are kept.</param>
internal sealed class NearestFaces(int count)
{
    private readonly PriorityQueue<(int Block, int Row), float> _worstFirst = new();

    /// <summary>Compares all vectors of a block.</summary>
    /// <param name="query">Of unit length.</param>
    /// <param name="vectors">One behind the other, of unit length.</param>
    /// <param name="block">Which one it is.</param>
    public void Search(ReadOnlySpan<float> query, ReadOnlySpan<float> vectors, int block)
    {
        var floor = _worstFirst.Count < count ? float.NegativeInfinity : Worst();
        for (var row = 0; row < vectors.Length / query.Length; row++)
        {
            var score = TensorPrimitives.Dot(query, vectors.Slice(row * query.Length, query.Length));
            if (score <= floor)
            {
                continue;
            }
            if (_worstFirst.Count < count)
            {
                _worstFirst.Enqueue((block, row), score);
            }
            else
            {
                _worstFirst.EnqueueDequeue((block, row), score);
            }
            floor = _worstFirst.Count < count ? float.NegativeInfinity : Worst();
        }
    }

    /// <summary>All that are kept, the best first; equals in the order in which they were added.</summary>
    public IReadOnlyList<(int Block, int Row, float Score)> InOrder() =>
        [.. _worstFirst.UnorderedItems.Select(i => (i.Element.Block, i.Element.Row, i.Priority)).OrderByDescending(i => i.Priority).ThenBy(i => (i.Block, i.Row))];

    private float Worst() => _worstFirst.TryPeek(out _, out var score) ? score : float.NegativeInfinity;
}
