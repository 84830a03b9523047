using CsCheck;
using Grpc.Core;
using IpGan.Gateway.Rotation;
using IpGan.V1;

namespace IpGan.Gateway.Tests.Rotation;

public sealed class SphereTests
{
    private static readonly Gen<double[]> GenUnit =
        Gen.Float[-1, 1].Array[8].Where(v => v.Sum(x => x * x) > 0.01f).Select(v => Sphere.Unit(new Embedding { Values = { v } }, "v"));

    [Fact]
    public void Points_between_two_people_divide_the_angle_and_stay_on_the_sphere() =>
        (from a in GenUnit from b in GenUnit from amount in Gen.Double[0, 1] select (a, b, amount)).Where(s => Sphere.Cosine(s.a, s.b) > -0.99).Sample(s =>
        {
            var between = Sphere.Interpolate(s.a, s.b, s.amount, "between");
            var whole = Math.Acos(Sphere.Cosine(s.a, s.b));
            Assert.Equal(1, between.Sum(x => x * x), 1e-9);
            Assert.Equal(s.amount * whole, Math.Acos(Sphere.Cosine(s.a, between)), 2e-4);
            Assert.Equal((1 - s.amount) * whole, Math.Acos(Sphere.Cosine(s.b, between)), 2e-4);
        });

    [Fact]
    public void Opposite_points_have_no_one_way_between_them()
    {
        var error = Assert.Throws<RpcException>(() => Sphere.Interpolate([1, 0], [-1, 0], 0.5, "source.interpolation"));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
    }

    [Fact]
    public void Vectors_of_two_lengths_are_refused() =>
        Assert.Contains("2 and 3 values", Assert.Throws<RpcException>(() => Sphere.RequireSameLength([1, 0], [1, 0, 0], "b")).Status.Detail, StringComparison.Ordinal);

    [Theory]
    [InlineData(0f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_vector_without_a_direction_is_refused(float value) =>
        Assert.Contains("a.identity has length", Assert.Throws<RpcException>(
            () => Sphere.Unit(new Embedding { Values = { value, value } }, "a.identity")).Status.Detail, StringComparison.Ordinal);

    [Fact]
    public void The_median_of_one_is_that_one_and_of_equals_their_common_point() => GenUnit.Sample(v =>
    {
        Assert.Equal(1, Sphere.Cosine(v, Sphere.Median([v])), 1e-9);
        Assert.Equal(1, Sphere.Cosine(v, Sphere.Median([v, v, v])), 1e-9);
    });

    [Fact]
    public void A_minority_of_strangers_moves_the_median_little_where_it_moves_the_mean_far()
    {
        double[][] person = [Unit(1, 0.02, 0), Unit(1, -0.02, 0.01), Unit(1, 0, -0.02)];
        double[][] strangers = [Unit(0, 1, 0), Unit(-1, 1, 0)];
        var median = Sphere.Median([.. person, .. strangers]);
        Assert.InRange(Sphere.Cosine(median, Unit(1, 0, 0)), 0.99, 1);
        var mean = Unit([.. Enumerable.Range(0, 3).Select(k => person.Concat(strangers).Sum(v => v[k]))]);
        Assert.InRange(Sphere.Cosine(mean, Unit(1, 0, 0)), -1, 0.85);
    }

    [Fact]
    public void No_other_point_has_a_smaller_sum_of_distances()
    {
        // On the way to the median, before it is brought back to the sphere: three points whose Fermat point is known by symmetry.
        var third = 2 * Math.PI / 3;
        double[][] around = [Cone(0), Cone(third), Cone(2 * third)];
        Assert.Equal(1, Sphere.Cosine(Sphere.Median(around), [1, 0, 0]), 1e-9);

        static double[] Cone(double angle) => Unit(2, Math.Cos(angle), Math.Sin(angle));
    }

    private static double[] Unit(params double[] v)
    {
        var length = Math.Sqrt(v.Sum(x => x * x));
        return [.. v.Select(x => x / length)];
    }
}
