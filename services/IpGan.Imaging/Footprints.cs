namespace IpGan.Imaging;

/// <summary>Along one axis: which source pixels lie under each output pixel, and how much of it each covers.</summary>
internal sealed class Footprints
{
    private readonly int[] _starts;
    private readonly int[] _offsets;
    private readonly float[] _weights;

    private Footprints(int[] starts, int[] offsets, float[] weights)
    {
        (_starts, _offsets, _weights) = (starts, offsets, weights);
        First = starts.Min();
        Last = starts.Select((start, i) => start + offsets[i + 1] - offsets[i] - 1).Max();
    }

    /// <summary>The first source pixel that is used.</summary>
    public int First { get; }

    /// <summary>The last source pixel that is used.</summary>
    public int Last { get; }

    /// <summary>The first source pixel under an output pixel.</summary>
    public int Start(int output) => _starts[output];

    /// <summary>The weights of an output pixel's source pixels, from <see cref="Start"/> on; they sum to 1.</summary>
    public ReadOnlySpan<float> Weights(int output) => _weights.AsSpan(_offsets[output], _offsets[output + 1] - _offsets[output]);

    /// <param name="origin">The square's edge, in source pixels.</param>
    /// <param name="side">The square's side, in source pixels, above 0.</param>
    /// <param name="size">Output pixels.</param>
    /// <param name="length">Source pixels.</param>
    public static Footprints Create(double origin, double side, int size, int length)
    {
        var step = side / size;
        var half = Math.Max(step, 1) / 2;
        var (starts, offsets, weights) = (new int[size], new int[size + 1], new List<float>(size * 4));
        for (var i = 0; i < size; i++)
        {
            var centre = origin + (i + 0.5) * step;
            var (from, to) = (centre - half, centre + half);
            // Whatever lies outside the picture belongs to the pixel at its edge.
            var start = (int)Math.Clamp(Math.Floor(from), 0, length - 1);
            var end = (int)Math.Clamp(Math.Ceiling(to) - 1, start, length - 1);
            starts[i] = start;
            for (var pixel = start; pixel <= end; pixel++)
            {
                var lower = pixel == start ? from : pixel;
                var upper = pixel == end ? to : pixel + 1;
                weights.Add((float)((upper - lower) / (to - from)));
            }
            offsets[i + 1] = weights.Count;
        }
        return new Footprints(starts, offsets, [.. weights]);
    }
}
