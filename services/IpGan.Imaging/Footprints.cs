using System.Buffers;

namespace IpGan.Imaging;

/// <summary>
/// Along one axis: which source pixels lie under each output pixel, and how much of it each covers. Disposing gives the numbers back to a pool.
/// </summary>
internal readonly struct Footprints : IDisposable
{
    private readonly int[] _starts;
    private readonly int[] _offsets;
    private readonly float[] _weights;

    private Footprints(int[] starts, int[] offsets, float[] weights, int first)
    {
        (_starts, _offsets, _weights) = (starts, offsets, weights);
        First = first;
    }

    /// <summary>The first source pixel that is used.</summary>
    public int First { get; }

    /// <summary>The first source pixel under an output pixel.</summary>
    public int Start(int output) => _starts[output];

    /// <summary>The weights of an output pixel's source pixels, from <see cref="Start"/> on; they sum to 1.</summary>
    public ReadOnlySpan<float> Weights(int output) => _weights.AsSpan(_offsets[output], _offsets[output + 1] - _offsets[output]);

    /// <summary>Source pixels under the output pixel that has most of them, of so many.</summary>
    public int Widest(int size)
    {
        var widest = 0;
        for (var i = 0; i < size; i++)
            widest = Math.Max(widest, _offsets[i + 1] - _offsets[i]);
        return widest;
    }

    /// <param name="origin">The square's edge, in source pixels.</param>
    /// <param name="side">The square's side, in source pixels, above 0.</param>
    /// <param name="size">Output pixels.</param>
    /// <param name="length">Source pixels.</param>
    public static Footprints Create(double origin, double side, int size, int length)
    {
        var step = side / size;
        var width = Math.Max(step, 1);
        // Each covers so many and one more, of which it has parts only; shrinking, footprints share no more than those parts.
        var most = Math.Min(size * (Math.Ceiling(width) + 1), length + 2.0 * size);
        var starts = ArrayPool<int>.Shared.Rent(size);
        var offsets = ArrayPool<int>.Shared.Rent(size + 1);
        var weights = ArrayPool<float>.Shared.Rent((int)most);
        var (first, count) = (length - 1, 0);
        offsets[0] = 0;
        for (var i = 0; i < size; i++)
        {
            var centre = origin + (i + 0.5) * step;
            var (from, to) = (centre - width / 2, centre + width / 2);
            // Whatever lies outside the picture belongs to the pixel at its edge.
            var start = (int)Math.Clamp(Math.Floor(from), 0, length - 1);
            var end = (int)Math.Clamp(Math.Ceiling(to) - 1, start, length - 1);
            starts[i] = start;
            for (var pixel = start; pixel <= end; pixel++)
            {
                var lower = pixel == start ? from : pixel;
                var upper = pixel == end ? to : pixel + 1;
                weights[count++] = (float)((upper - lower) / (to - from));
            }
            offsets[i + 1] = count;
            first = Math.Min(first, start);
        }
        return new Footprints(starts, offsets, weights, first);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<int>.Shared.Return(_starts);
        ArrayPool<int>.Shared.Return(_offsets);
        ArrayPool<float>.Shared.Return(_weights);
    }
}
