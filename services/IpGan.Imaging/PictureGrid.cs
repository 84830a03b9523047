namespace IpGan.Imaging;

/// <summary>Square pictures of one size side by side on a dark ground, for looking at samples.</summary>
public sealed class PictureGrid
{
    private const byte Ground = 32;
    private readonly byte[] _rgb;
    private readonly int _gap;

    /// <summary>An empty grid.</summary>
    /// <param name="columns">Pictures across, at least 1.</param>
    /// <param name="rows">Pictures down, at least 1.</param>
    /// <param name="cell">Pixels a side of one picture, at least 1.</param>
    /// <param name="gap">Pixels between pictures and around them, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    public PictureGrid(int columns, int rows, int cell, int gap = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(cell, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(gap);
        (Columns, Rows, Cell, _gap) = (columns, rows, cell, gap);
        Width = columns * (cell + gap) + gap;
        Height = rows * (cell + gap) + gap;
        _rgb = new byte[checked(3 * Width * Height)];
        Array.Fill(_rgb, Ground);
    }

    /// <summary>Pictures across.</summary>
    public int Columns { get; }

    /// <summary>Pictures down.</summary>
    public int Rows { get; }

    /// <summary>Pixels a side of one picture.</summary>
    public int Cell { get; }

    /// <summary>Pixels across, of the whole grid.</summary>
    public int Width { get; }

    /// <summary>Pixels down, of the whole grid.</summary>
    public int Height { get; }

    /// <summary>Puts a picture in.</summary>
    /// <param name="column">From the left, from 0.</param>
    /// <param name="row">From the top, from 0.</param>
    /// <param name="rgb">3·cell² bytes, interleaved.</param>
    /// <exception cref="ArgumentException">The cell does not exist, or the length does not fit it.</exception>
    public void Set(int column, int row, ReadOnlySpan<byte> rgb)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(column);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(column, Columns);
        ArgumentOutOfRangeException.ThrowIfNegative(row);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(row, Rows);
        if (rgb.Length != 3 * Cell * Cell)
            throw new ArgumentException($"There are {rgb.Length} numbers; a picture of {Cell}×{Cell} has {3 * Cell * Cell}.", nameof(rgb));
        var left = _gap + column * (Cell + _gap);
        var top = _gap + row * (Cell + _gap);
        for (var y = 0; y < Cell; y++)
            rgb.Slice(3 * y * Cell, 3 * Cell).CopyTo(_rgb.AsSpan(3 * ((top + y) * Width + left)));
    }

    /// <summary>Puts a tensor in.</summary>
    /// <param name="column">From the left, from 0.</param>
    /// <param name="row">From the top, from 0.</param>
    /// <param name="planes">3·cell² numbers: float32 planar RGB, [3, cell, cell], in [−1, 1].</param>
    /// <exception cref="ArgumentException">The cell does not exist, or the length does not fit it.</exception>
    public void Set(int column, int row, ReadOnlySpan<float> planes)
    {
        var rgb = new byte[planes.Length];
        PlanarRgb.ToBytes(planes, rgb);
        Set(column, row, rgb);
    }

    /// <summary>The grid as PNG.</summary>
    public byte[] ToPng() => PictureEncoder.PngRgb(_rgb, Width, Height);
}
