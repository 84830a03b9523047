namespace IpGan.Models;

/// <summary>
/// A way from an older identity space into another: an affine map, (A x + b) / |A x + b|, fitted by the trainer to the vectors that both encoders give for the
/// same photos. Something is always lost on it (<see cref="BridgeFigures"/>).
/// </summary>
public sealed class IdentityBridge
{
    private readonly int _from;
    private readonly float[] _rows;

    /// <summary>A map; [to, from + 1], row by row, b in the last column.</summary>
    /// <exception cref="ArgumentException">The numbers do not fill the rows, or are not finite.</exception>
    public IdentityBridge(int from, int to, float[] rows)
    {
        if (from < 1 || to < 1 || rows.Length != (long)to * (from + 1))
        {
            throw new ArgumentException($"A bridge from {from} numbers to {to} needs {(long)to * (from + 1)}, not {rows.Length}.");
        }
        if (!Array.TrueForAll(rows, float.IsFinite))
        {
            throw new ArgumentException("A bridge has a number that is not finite.");
        }
        (_from, _rows) = (from, rows);
    }

    /// <summary>The vector in the other space, of unit length.</summary>
    /// <param name="vector">Of unit length.</param>
    public float[] Cross(ReadOnlySpan<float> vector)
    {
        if (vector.Length != _from)
        {
            throw new ArgumentException($"A vector has {vector.Length} numbers, the bridge begins at {_from}.");
        }
        var crossed = new float[_rows.Length / (_from + 1)];
        var square = 0.0;
        for (var i = 0; i < crossed.Length; i++)
        {
            var row = _rows.AsSpan(i * (_from + 1), _from + 1);
            var sum = (double)row[_from];
            for (var j = 0; j < vector.Length; j++)
            {
                sum += (double)row[j] * vector[j];
            }
            crossed[i] = (float)sum;
            square += sum * sum;
        }
        var length = (float)Math.Max(Math.Sqrt(square), 1e-12);
        for (var i = 0; i < crossed.Length; i++)
        {
            crossed[i] /= length;
        }
        return crossed;
    }

    /// <summary>The file's content: the rows, float32.</summary>
    public byte[] ToBytes() => PackageDraft.Floats(_rows);
}
