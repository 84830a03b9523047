using System.Numerics;
using IpGan.Rendering.Views;

namespace IpGan.Rendering.Tests;

/// <summary>
/// The pose of a rigid head from where its points are seen (perspective-n-point), by Gauss and Newton with numeric derivatives. It knows nothing of
/// how heads are turned in the product: R = Rz · Ry · Rx is written out.
/// </summary>
internal static class PoseFit
{
    public static HeadPose Fit(Vector3[] rest, Vector2[] seen, float distance)
    {
        var centre = rest.Aggregate(Vector3.Zero, (a, b) => a + b) / rest.Length;
        // yaw, pitch, roll in radians; shift right, up, and away.
        double[] x = [0, 0, 0, 0, 0, distance];
        // From several starts: at 90° a fit from the front can end in another valley.
        var best = (Cost: double.MaxValue, X: x);
        foreach (var yaw in (ReadOnlySpan<double>)[-1.4, -0.7, 0, 0.7, 1.4])
        {
            var start = (double[])x.Clone();
            start[0] = yaw;
            for (var i = 0; i < 40; i++)
                Step(start, rest, seen, centre);
            var cost = Residuals(start, rest, seen, centre).Sum(r => r * r);
            if (cost < best.Cost)
                best = (cost, start);
        }
        const double Degrees = 180 / Math.PI;
        return new HeadPose((float)(best.X[0] * Degrees), (float)(best.X[1] * Degrees), (float)(best.X[2] * Degrees));
    }

    /// <summary>Degrees from one pose to another. At yaw ±90 the three angles of a pose are not unique; its rotation is.</summary>
    public static double Between(HeadPose a, HeadPose b)
    {
        double trace = 0;
        foreach (var axis in (ReadOnlySpan<(double, double, double)>)[(1, 0, 0), (0, 1, 0), (0, 0, 1)])
        {
            var (p, q) = (Turn(axis, Radians(a)), Turn(axis, Radians(b)));
            trace += p.X * q.X + p.Y * q.Y + p.Z * q.Z;
        }
        return Math.Acos(Math.Clamp((trace - 1) / 2, -1, 1)) * 180 / Math.PI;
    }

    private static double[] Radians(HeadPose pose) => [pose.Yaw * Math.PI / 180, pose.Pitch * Math.PI / 180, pose.Roll * Math.PI / 180];

    private static (double X, double Y, double Z) Turn((double X, double Y, double Z) p, double[] angles)
    {
        var ((sy, cy), (sp, cp), (sr, cr)) = (Math.SinCos(angles[0]), Math.SinCos(angles[1]), Math.SinCos(angles[2]));
        // Nod: what is in front rises.
        var (y1, z1) = (p.Y * cp + p.Z * sp, -p.Y * sp + p.Z * cp);
        // Turn: what is in front goes right.
        var (x2, z2) = (p.X * cy + z1 * sy, -p.X * sy + z1 * cy);
        // Tilt: counter-clockwise.
        return (x2 * cr - y1 * sr, x2 * sr + y1 * cr, z2);
    }

    private static void Step(double[] x, Vector3[] rest, Vector2[] seen, Vector3 centre)
    {
        var r = Residuals(x, rest, seen, centre);
        var columns = new double[6][];
        for (var k = 0; k < 6; k++)
        {
            var moved = (double[])x.Clone();
            moved[k] += 1e-5;
            columns[k] = [.. Residuals(moved, rest, seen, centre).Zip(r, (a, b) => (a - b) / 1e-5)];
        }
        var a = new double[6, 7];
        for (var i = 0; i < 6; i++)
        {
            for (var j = 0; j < 6; j++)
                a[i, j] = columns[i].Zip(columns[j], (p, q) => p * q).Sum() + (i == j ? 1e-9 : 0);
            a[i, 6] = -columns[i].Zip(r, (p, q) => p * q).Sum();
        }
        for (var i = 0; i < 6; i++)
        {
            for (var row = 0; row < 6; row++)
            {
                if (row == i)
                    continue;
                var factor = a[row, i] / a[i, i];
                for (var j = i; j < 7; j++)
                    a[row, j] -= factor * a[i, j];
            }
        }
        for (var i = 0; i < 6; i++)
            x[i] += Math.Clamp(a[i, 6] / a[i, i], -0.3, 0.3);
    }

    private static double[] Residuals(double[] x, Vector3[] rest, Vector2[] seen, Vector3 centre)
    {
        var r = new double[2 * rest.Length];
        for (var i = 0; i < rest.Length; i++)
        {
            var from = rest[i] - centre;
            var p = Turn((from.X, from.Y, from.Z), x);
            r[2 * i] = (p.X + x[3]) / (x[5] - p.Z) - seen[i].X;
            r[2 * i + 1] = (p.Y + x[4]) / (x[5] - p.Z) - seen[i].Y;
        }
        return r;
    }
}
