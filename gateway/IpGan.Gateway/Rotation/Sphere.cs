using Grpc.Core;
using IpGan.Gateway.Errors;
using IpGan.V1;

namespace IpGan.Gateway.Rotation;

/// <summary>Identity vectors lie on the unit sphere: what is done with them there.</summary>
internal static class Sphere
{
    private const int MedianRounds = 100;
    private const double Enough = 1e-9;

    /// <summary>The vector at length one.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: a value is not finite, or the vector has no direction.</exception>
    public static double[] Unit(Embedding vector, string name)
    {
        var values = vector.Values.Select(v => (double)v).ToArray();
        var length = Length(values);
        return double.IsFinite(length) && length > 1e-12
            ? Scaled(values, 1 / length)
            : throw Failures.Invalid(name, $"{name} has length {length}; an identity vector has a direction, and its values are finite.");
    }

    /// <summary>Cosine of the angle between two unit vectors.</summary>
    public static double Cosine(double[] a, double[] b) => Math.Clamp(a.Zip(b, (x, y) => x * y).Sum(), -1, 1);

    /// <summary>Whether a vector has as many values as the one it is held against.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: it has not.</exception>
    public static void RequireSameLength(double[] a, double[] b, string name)
    {
        if (a.Length != b.Length)
        {
            throw Failures.Invalid(name, $"{name}: the identity vectors have {a.Length} and {b.Length} values; vectors of one space have the same number.");
        }
    }

    /// <summary>
    /// The unit vector at <paramref name="amount"/> of the way from a to b along the great circle (Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH
    /// 1985, section 3.3: slerp).
    /// </summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT: different dimensions, or opposite points, between which there is no one way.</exception>
    public static double[] Interpolate(double[] a, double[] b, double amount, string name)
    {
        RequireSameLength(a, b, name);
        var cosine = Cosine(a, b);
        if (cosine < -1 + 1e-6)
        {
            throw Failures.Invalid(name, $"{name}: the identity vectors are opposite points of the sphere: there is no one way between them.");
        }
        var angle = Math.Acos(cosine);
        // Nearly one point: the chord is the arc.
        var (left, right) = angle < 1e-4 ? (1 - amount, amount) : (Math.Sin((1 - amount) * angle) / Math.Sin(angle), Math.Sin(amount * angle) / Math.Sin(angle));
        return Normalised([.. a.Zip(b, (x, y) => left * x + right * y)]);
    }

    /// <summary>
    /// The geometric median, brought back to the sphere: half of the vectors may be anywhere without moving it far (Weiszfeld's iteration, with
    /// the step of Vardi and Zhang, "The multivariate L1-median and associated data depth", PNAS 2000, where it meets one of the vectors).
    /// </summary>
    public static double[] Median(IReadOnlyList<double[]> vectors)
    {
        var median = Mean(vectors, _ => 1);
        for (var round = 0; round < MedianRounds; round++)
        {
            var distances = vectors.Select(v => Length([.. v.Zip(median, (x, y) => x - y)])).ToList();
            var at = distances.Count(d => d < Enough);
            if (at == vectors.Count)
            {
                break;
            }
            var next = Mean([.. vectors.Where((_, i) => distances[i] >= Enough)], i => 1 / distances.Where(d => d >= Enough).ElementAt(i));
            if (at > 0)
            {
                var pull = vectors.Zip(distances).Where(p => p.Second >= Enough)
                    .Aggregate(new double[median.Length], (sum, p) => [.. sum.Select((s, k) => s + (p.First[k] - median[k]) / p.Second)]);
                var stay = Math.Min(1, at / Math.Max(Length(pull), Enough));
                next = [.. next.Select((n, k) => (1 - stay) * n + stay * median[k])];
            }
            var moved = Length([.. next.Zip(median, (x, y) => x - y)]);
            median = next;
            if (moved < Enough)
            {
                break;
            }
        }
        return Normalised(median);
    }

    private static double[] Mean(IReadOnlyList<double[]> vectors, Func<int, double> weight)
    {
        var sum = new double[vectors[0].Length];
        var weights = 0.0;
        for (var i = 0; i < vectors.Count; i++)
        {
            var w = weight(i);
            weights += w;
            for (var k = 0; k < sum.Length; k++)
            {
                sum[k] += w * vectors[i][k];
            }
        }
        return Scaled(sum, 1 / weights);
    }

    private static double[] Normalised(double[] v) => Scaled(v, 1 / Math.Max(Length(v), 1e-12));

    private static double[] Scaled(double[] v, double factor) => [.. v.Select(x => x * factor)];

    private static double Length(double[] v) => Math.Sqrt(v.Sum(x => x * x));
}
