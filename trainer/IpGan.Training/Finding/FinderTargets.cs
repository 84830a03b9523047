using IpGan.Imaging;
using static TorchSharp.torch;

namespace IpGan.Training.Finding;

/// <summary>What one grid should say of a batch of scenes.</summary>
/// <param name="Heat">[N, 1, H, W]: 1 in the cell that holds the middle of a face's square, falling off around it.</param>
/// <param name="Counts">[N, 1, H, W]: 0 where it does not matter what the grid says.</param>
/// <param name="Places">[N, 5, H, W]: points in units from the cell's middle, yaw / 90.</param>
/// <param name="HasPlace">[N, 1, H, W]: 1 where a face's place must be told.</param>
internal sealed record GridTargets(Tensor Heat, Tensor Counts, Tensor Places, Tensor HasPlace);

/// <summary>Lays the faces of scenes out on the finder's grids.</summary>
internal static class FinderTargets
{
    /// <summary>Squares below this many pixels are neither asked for nor held against the finder.</summary>
    public const float SmallestSide = 20;

    // The side, in pixels, from which on a face belongs to the next grid, and how near to it both grids may tell it. A face has six cells or more across
    // in its grid (the smallest three): its points can be told to a tenth of S only where a cell is not much larger than that.
    private static readonly float[] Limits = [96, 192, 384];
    private const float Overlap = 1.2f;
    private const int Reach = 1;

    /// <summary>Targets of all grids for scenes of one size.</summary>
    public static List<GridTargets> Create(IReadOnlyList<FaceScene> scenes)
    {
        var side = scenes[0].Side;
        var targets = new List<GridTargets>();
        for (var level = 0; level < FinderNetwork.Strides.Count; level++)
        {
            var grid = new Grid(scenes.Count, side, FinderNetwork.Strides[level]);
            for (var n = 0; n < scenes.Count; n++)
            {
                foreach (var face in scenes[n].Faces)
                {
                    grid.Put(n, face, Belongs(CropRule.Square(face).Side, level));
                }
            }
            targets.Add(grid.ToTensors());
        }
        return targets;
    }

    // 1: this grid tells the face; 0: it may; −1: it must not.
    private static int Belongs(float squareSide, int level)
    {
        var from = level == 0 ? SmallestSide : Limits[level - 1];
        var to = level == Limits.Length ? float.PositiveInfinity : Limits[level];
        if (squareSide >= from && squareSide < to)
        {
            return 1;
        }
        return squareSide >= from / Overlap && squareSide < to * Overlap ? 0 : -1;
    }

    private sealed class Grid(int scenes, int side, int stride)
    {
        private readonly int _cells = side / stride;
        private readonly float[] _heat = new float[scenes * (side / stride) * (side / stride)];
        private readonly float[] _counts = Enumerable.Repeat(1f, scenes * (side / stride) * (side / stride)).ToArray();
        private readonly float[] _places = new float[scenes * 5 * (side / stride) * (side / stride)];
        private readonly float[] _hasPlace = new float[scenes * (side / stride) * (side / stride)];

        public void Put(int scene, FacePlace face, int belongs)
        {
            if (belongs < 0)
            {
                return;
            }
            var square = CropRule.Square(face);
            var (x, y) = ((square.Left + square.Side / 2) / stride, (square.Top + square.Side / 2) / stride);
            var (column, row) = ((int)MathF.Floor(x), (int)MathF.Floor(y));
            var sigma = Math.Max(0.5f, square.Side / stride / 6);
            var far = (int)MathF.Ceiling(3 * sigma);
            for (var j = Math.Max(0, row - far); j <= Math.Min(_cells - 1, row + far); j++)
            {
                for (var i = Math.Max(0, column - far); i <= Math.Min(_cells - 1, column + far); i++)
                {
                    var cell = (scene * _cells + j) * _cells + i;
                    var heat = i == column && j == row ? 1 : MathF.Exp(-((i - column) * (i - column) + (j - row) * (j - row)) / (2 * sigma * sigma));
                    if (belongs == 0)
                    {
                        if (heat > 0.1f && _heat[cell] < 1)
                        {
                            _counts[cell] = 0;
                        }
                        continue;
                    }
                    var nearest = heat > _heat[cell];
                    _heat[cell] = Math.Max(_heat[cell], heat);
                    if (heat == 1)
                    {
                        _counts[cell] = 1;
                    }
                    if (nearest && Math.Abs(i - column) <= Reach && Math.Abs(j - row) <= Reach)
                    {
                        Place(scene, i, j, face);
                    }
                }
            }
        }

        private void Place(int scene, int i, int j, FacePlace face)
        {
            var unit = (float)FinderNetwork.CellsPerUnit * stride;
            var (x, y) = ((i + 0.5f) * stride, (j + 0.5f) * stride);
            ReadOnlySpan<float> values =
            [
                (face.Sellion.X - x) / unit, (face.Sellion.Y - y) / unit, (face.Mouth.X - x) / unit, (face.Mouth.Y - y) / unit, face.Yaw / 90,
            ];
            var area = _cells * _cells;
            for (var c = 0; c < values.Length; c++)
            {
                _places[(scene * 5 + c) * area + j * _cells + i] = values[c];
            }
            _hasPlace[scene * area + j * _cells + i] = 1;
        }

        public GridTargets ToTensors() => new(
            tensor(_heat, [scenes, 1, _cells, _cells]), tensor(_counts, [scenes, 1, _cells, _cells]),
            tensor(_places, [scenes, 5, _cells, _cells]), tensor(_hasPlace, [scenes, 1, _cells, _cells]));
    }
}
