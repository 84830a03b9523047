namespace IpGan.Models;

/// <summary>
/// Where new people come from: a Gaussian through the training people's identity vectors, back on the unit sphere. A sample is
/// (mean + factor · n) / |mean + factor · n|, n standard normal.
/// </summary>
public sealed class IdentityPrior
{
    private readonly float[] _mean;
    private readonly float[] _factor;

    /// <summary>mean [D] and factor [D, D], lower triangular, row by row.</summary>
    public IdentityPrior(float[] mean, float[] factor)
    {
        if (mean.Length == 0 || factor.Length != mean.Length * mean.Length)
        {
            throw new ArgumentException($"A prior over {mean.Length} numbers needs a factor of {mean.Length * mean.Length}, not {factor.Length}.");
        }
        (_mean, _factor) = (mean, factor);
    }

    /// <summary>Numbers in a vector.</summary>
    public int Dimension => _mean.Length;

    /// <summary>The file's content: mean, then factor, float32.</summary>
    public byte[] ToBytes() => PackageDraft.Floats([.. _mean, .. _factor]);

    /// <summary>
    /// <paramref name="count"/> unit vectors. The normal numbers are made from SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) by Box and Muller's method, so
    /// that a seed gives the same people on every machine.
    /// </summary>
    public float[][] Sample(int count, ulong seed)
    {
        var state = seed;
        double Uniform()
        {
            state += 0x9E3779B97F4A7C15UL;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
        }
        var samples = new float[count][];
        var n = new double[Dimension];
        for (var k = 0; k < count; k++)
        {
            for (var i = 0; i < Dimension; i++)
            {
                n[i] = Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());
            }
            samples[k] = Draw(n);
        }
        return samples;
    }

    private float[] Draw(double[] n)
    {
        var vector = new double[Dimension];
        for (var i = 0; i < Dimension; i++)
        {
            vector[i] = _mean[i];
            for (var j = 0; j <= i; j++)
            {
                vector[i] += _factor[i * Dimension + j] * n[j];
            }
        }
        var length = Math.Sqrt(vector.Sum(v => v * v));
        return [.. vector.Select(v => (float)(v / Math.Max(length, 1e-12)))];
    }
}
