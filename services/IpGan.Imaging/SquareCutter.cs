using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace IpGan.Imaging;

/// <summary>
/// Cuts a square out of a picture and resizes it. Every output pixel is the area average of the source under it (when enlarging: of one
/// source pixel's width, which is linear interpolation); outside the picture, edge pixels are repeated. The same input gives the same
/// output on every machine.
/// </summary>
public static class SquareCutter
{
    /// <summary>Cuts into a tensor.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="square">The square, in pixels of the full picture as displayed.</param>
    /// <param name="size">Pixels a side of the result, 1 to 4,096.</param>
    /// <param name="destination">At least 3·size² long; receives float32 planar RGB, [3, size, size], in [−1, 1].</param>
    /// <exception cref="ArgumentException">A size or length is outside its range, or the square is not finite or not above 0.</exception>
    public static void Cut(Picture picture, CropSquare square, int size, Span<float> destination)
    {
        CheckDestination(size, destination.Length);
        var plane = size * size;
        var target = new PlanarTarget(destination[..plane], destination.Slice(plane, plane), destination.Slice(2 * plane, plane));
        Resample(picture, square, size, target);
    }

    /// <summary>Cuts into bytes, for a cache of training pictures.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="square">The square, in pixels of the full picture as displayed.</param>
    /// <param name="size">Pixels a side of the result, 1 to 4,096.</param>
    /// <param name="destination">At least 3·size² long; receives interleaved RGB, [size, size, 3].</param>
    /// <exception cref="ArgumentException">A size or length is outside its range, or the square is not finite or not above 0.</exception>
    public static void CutRgb(Picture picture, CropSquare square, int size, Span<byte> destination)
    {
        CheckDestination(size, destination.Length);
        Resample(picture, square, size, new InterleavedTarget(destination));
    }

    private interface ITarget
    {
        /// <param name="index">The pixel, row by row.</param>
        /// <param name="color">Red, green, blue in [0, 255], and one that means nothing.</param>
        void Write(int index, Vector128<float> color);
    }

    private readonly ref struct PlanarTarget(Span<float> red, Span<float> green, Span<float> blue) : ITarget
    {
        private readonly Span<float> _red = red, _green = green, _blue = blue;

        public void Write(int index, Vector128<float> color)
        {
            var value = color / 127.5f - Vector128<float>.One;
            _red[index] = value[0];
            _green[index] = value[1];
            _blue[index] = value[2];
        }
    }

    private readonly ref struct InterleavedTarget(Span<byte> rgb) : ITarget
    {
        private readonly Span<byte> _rgb = rgb;

        public void Write(int index, Vector128<float> color)
        {
            var value = Vector128.ConvertToInt32(color + Vector128.Create(0.5f));
            _rgb[3 * index] = (byte)value[0];
            _rgb[3 * index + 1] = (byte)value[1];
            _rgb[3 * index + 2] = (byte)value[2];
        }
    }

    private static void CheckDestination(int size, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 4096);
        if (length < 3 * size * size)
            throw new ArgumentException($"The destination holds {length} numbers; a square of {size} needs {3 * size * size}.");
    }

    private static void Resample<T>(Picture picture, CropSquare square, int size, T target)
        where T : ITarget, allows ref struct
    {
        if (!float.IsFinite(square.Left) || !float.IsFinite(square.Top) || !(square.Side > 0 && float.IsFinite(square.Side)))
            throw new ArgumentException($"The square {square} must be finite, with a side above 0.", nameof(square));

        using var columns = Footprints.Create((double)square.Left * picture.Scale, (double)square.Side * picture.Scale, size, picture.PixelWidth);
        using var rows = Footprints.Create((double)square.Top * picture.Scale, (double)square.Side * picture.Scale, size, picture.PixelHeight);
        var pixels = MemoryMarshal.Cast<byte, uint>(picture.Pixels);

        // Narrowed rows, as many as one output row is made of, each in the place of the one that is needed no more.
        var kept = rows.Widest(size);
        var buffer = ArrayPool<float>.Shared.Rent(kept * size * 4);
        try
        {
            var narrow = MemoryMarshal.Cast<float, Vector128<float>>(buffer.AsSpan(0, kept * size * 4));
            var next = rows.First;
            for (var y = 0; y < size; y++)
            {
                var weights = rows.Weights(y);
                var start = rows.Start(y);
                for (next = Math.Max(next, start); next < start + weights.Length; next++)
                    Narrow(pixels.Slice(next * picture.PixelWidth, picture.PixelWidth), columns, narrow.Slice(next % kept * size, size));
                for (var x = 0; x < size; x++)
                {
                    var sum = Vector128<float>.Zero;
                    for (int i = 0, row = start % kept; i < weights.Length; i++, row = row + 1 == kept ? 0 : row + 1)
                        sum += narrow[row * size + x] * weights[i];
                    target.Write(y * size + x, Vector128.Min(sum, Vector128.Create(255f)));
                }
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }
    }

    private static void Narrow(ReadOnlySpan<uint> row, Footprints columns, Span<Vector128<float>> destination)
    {
        for (var x = 0; x < destination.Length; x++)
        {
            var weights = columns.Weights(x);
            var source = row.Slice(columns.Start(x), weights.Length);
            var sum = Vector128<float>.Zero;
            for (var i = 0; i < weights.Length; i++)
            {
                var bytes = Vector128.CreateScalarUnsafe(source[i]).AsByte();
                var color = Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32());
                sum += color * weights[i];
            }
            destination[x] = sum;
        }
    }
}
