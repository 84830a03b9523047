using System.Numerics;

namespace IpGan.Rendering.Assets;

/// <summary>
/// Shape statistics of real heads: the identity modes of ICT-FaceKit Light (principal components of light-stage scans; unit-normal weights give plausible
/// people), carried over to MakeHuman's mesh. Both mean heads look the same way and differ little: a similarity and a thin-plate spline through
/// landmarks bring one onto the other (Bookstein, "Principal Warps", PAMI 1989); every vertex then moves as the nearest ones of the scans do.
/// </summary>
internal static class FaceKit
{
    // Centimetres to decimetres, and from the kit's origin to MakeHuman's.
    private const float Scale = 0.1f;
    private static readonly Vector3 Shift = new(0, 6.945f, 0.432f);

    // Below the chin the modes fade out: shoulders are MakeHuman's own.
    private const float FadeFrom = 6.1f;
    private const float FadeTo = 5.4f;
    private const int Neighbours = 8;

    // Vertices of the kit and of hm08 at the same places: sellion, tip of the nose, under the nose, upper and lower lip, chin, and to the left: outer and
    // inner corner of the eye, corner of the mouth. The right side is the left one's mirror image.
    private static readonly (int Kit, int Base)[] Middle = [(978, 132), (4857, 297), (1147, 5072), (0, 467), (5518, 495), (966, 5296)];
    private static readonly (int Kit, int Base)[] Left = [(3721, 6801), (3742, 6848), (6213, 7162)];

    /// <summary>Reads the modes as targets of MakeHuman's mesh.</summary>
    /// <param name="folder">A folder with <c>ict_facekit.npz</c>.</param>
    /// <param name="shape">MakeHuman's base mesh.</param>
    /// <param name="eyes">Vertices of the eyeballs, which move as a whole; one array for each.</param>
    /// <exception cref="AssetException">The file is missing or broken.</exception>
    public static IReadOnlyList<MorphTarget> Read(string folder, Vector3[] shape, IReadOnlyList<int[]> eyes)
    {
        using var file = new NpzFile(Path.Combine(folder, "ict_facekit.npz"));
        var neutral = Points(file.Read("neutral").Values);
        var (modes, sizes) = file.Read("identity");
        if (sizes.Length != 3 || sizes[1] != neutral.Length || sizes[2] != 3)
            throw new AssetException($"'{folder}': 'identity' is [{string.Join(", ", sizes)}]; it must be [modes, {neutral.Length}, 3].");
        var warped = Warp([.. neutral.Select(p => p * Scale + Shift)], shape);
        var vertices = Enumerable.Range(0, shape.Length).Where(v => shape[v].Y > FadeTo && Math.Abs(shape[v].X) < 1.2f).ToArray();
        var nearest = new (int Vertex, float Share)[vertices.Length][];
        Parallel.For(0, vertices.Length, i => nearest[i] = Nearest(warped, shape[vertices[i]]));

        var targets = new MorphTarget[sizes[0]];
        Parallel.For(0, targets.Length, mode =>
        {
            var offsets = new Vector3[vertices.Length];
            for (var i = 0; i < offsets.Length; i++)
            {
                var offset = Vector3.Zero;
                foreach (var (v, share) in nearest[i])
                {
                    var at = (mode * neutral.Length + v) * 3;
                    offset += new Vector3(modes[at], modes[at + 1], modes[at + 2]) * (share * Scale);
                }
                offsets[i] = offset * Math.Clamp((shape[vertices[i]].Y - FadeTo) / (FadeFrom - FadeTo), 0, 1);
            }
            MoveAsWhole(vertices, offsets, eyes);
            targets[mode] = new MorphTarget(vertices, offsets);
        });
        return targets;
    }

    private static Vector3[] Points(float[] values) => [.. Enumerable.Range(0, values.Length / 3).Select(i => new Vector3(values[3 * i], values[3 * i + 1], values[3 * i + 2]))];

    private static void MoveAsWhole(int[] vertices, Vector3[] offsets, IReadOnlyList<int[]> eyes)
    {
        foreach (var eye in eyes)
        {
            var inside = eye.Select(v => Array.BinarySearch(vertices, v)).Where(i => i >= 0).ToArray();
            var mean = inside.Aggregate(Vector3.Zero, (sum, i) => sum + offsets[i]) / Math.Max(1, inside.Length);
            foreach (var i in inside)
                offsets[i] = mean;
        }
    }

    private static (int, float)[] Nearest(Vector3[] points, Vector3 at)
    {
        Span<float> distances = stackalloc float[Neighbours];
        Span<int> found = stackalloc int[Neighbours];
        distances.Fill(float.MaxValue);
        for (var i = 0; i < points.Length; i++)
        {
            var d = Vector3.DistanceSquared(points[i], at);
            if (d >= distances[^1])
                continue;
            var place = Neighbours - 1;
            for (; place > 0 && distances[place - 1] > d; place--)
                (distances[place], found[place]) = (distances[place - 1], found[place - 1]);
            (distances[place], found[place]) = (d, i);
        }
        var shares = new (int, float)[Neighbours];
        float sum = 0;
        for (var i = 0; i < Neighbours; i++)
            sum += 1 / (distances[i] + 1e-3f);
        for (var i = 0; i < Neighbours; i++)
            shares[i] = (found[i], 1 / (distances[i] + 1e-3f) / sum);
        return shares;
    }

    // In three dimensions the thin plate's kernel is the distance itself.
    private static Vector3[] Warp(Vector3[] points, Vector3[] shape)
    {
        static Vector3 Mirrored(Vector3 p) => new(-p.X, p.Y, p.Z);
        var from = Middle.Select(m => points[m.Kit]).Concat(Left.Select(l => points[l.Kit])).Concat(Left.Select(l => Mirrored(points[l.Kit]))).ToArray();
        var to = Middle.Select(m => shape[m.Base]).Concat(Left.Select(l => shape[l.Base])).Concat(Left.Select(l => Mirrored(shape[l.Base]))).ToArray();
        var (n, size) = (from.Length, from.Length + 4);
        var system = new double[size, size + 3];
        for (var i = 0; i < n; i++)
        {
            double[] affine = [1, from[i].X, from[i].Y, from[i].Z];
            for (var j = 0; j < n; j++)
                system[i, j] = Vector3.Distance(from[i], from[j]);
            // A little give: landmarks are off by a millimetre or two.
            system[i, i] = -0.02;
            for (var k = 0; k < 4; k++)
                (system[i, n + k], system[n + k, i]) = (affine[k], affine[k]);
            var move = to[i] - from[i];
            (system[i, size], system[i, size + 1], system[i, size + 2]) = (move.X, move.Y, move.Z);
        }
        var w = Solve(system, size);
        return [.. points.Select(p =>
        {
            var move = w[n] + w[n + 1] * p.X + w[n + 2] * p.Y + w[n + 3] * p.Z;
            for (var i = 0; i < n; i++)
                move += w[i] * Vector3.Distance(p, from[i]);
            return p + move;
        })];
    }

    // Gauss and Jordan with row exchange.
    private static Vector3[] Solve(double[,] a, int size)
    {
        for (var column = 0; column < size; column++)
        {
            var pivot = Enumerable.Range(column, size - column).MaxBy(row => Math.Abs(a[row, column]));
            for (var k = 0; k < size + 3; k++)
                (a[column, k], a[pivot, k]) = (a[pivot, k], a[column, k]);
            for (var row = 0; row < size; row++)
            {
                if (row == column)
                    continue;
                var factor = a[row, column] / a[column, column];
                for (var k = column; k < size + 3; k++)
                    a[row, k] -= factor * a[column, k];
            }
        }
        return [.. Enumerable.Range(0, size).Select(i => new Vector3((float)(a[i, size] / a[i, i]), (float)(a[i, size + 1] / a[i, i]), (float)(a[i, size + 2] / a[i, i])))];
    }
}
