using IpGan.Training.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace IpGan.Training.Finding;

/// <summary>A convolution, batch normalisation, leaky ReLU.</summary>
internal sealed class NormedConvolution : nn.Module<Tensor, Tensor>
{
    internal NormedConvolution(int inputs, int outputs, int kernel, int stride) : base("conv")
    {
        Stride = stride;
        Conv = Layers.Convolution(inputs, outputs, kernel, bias: false);
        Norm = nn.BatchNorm2d(outputs);
        RegisterComponents();
    }

    internal int Stride { get; }
    internal Conv2d Conv { get; }
    internal BatchNorm2d Norm { get; }

    /// <inheritdoc />
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return Layers.LeakyRelu(Norm.forward(Conv.Apply(x, Stride))).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Finds faces: canvas [N, 3, S, S] in [−1, 1], S a multiple of 64 → candidates [N, K, 6]. A convolutional pyramid with a top-down path (Lin et al.,
/// "Feature Pyramid Networks for Object Detection", CVPR 2017) tells, for each cell of four grids, whether a face's square has its centre there, and
/// where its two points are (Zhou, Wang, Krähenbühl, "Objects as Points", 2019). The square follows from the points and the yaw by the crop rule.
/// </summary>
public sealed class FinderNetwork : nn.Module<Tensor, Tensor>
{
    /// <summary>Numbers of a candidate: score in [0, 1]; sellion x, y, mouth x, y as fractions of the canvas's side; yaw / 90.</summary>
    public const int Columns = 6;

    /// <summary>Pixels of the canvas a cell, of each grid.</summary>
    public static readonly IReadOnlyList<int> Strides = [8, 16, 32, 64];

    /// <summary>Points are told in units of this many cells from the middle of the cell.</summary>
    internal const int CellsPerUnit = 4;

    private const int Neck = 32;
    // Few cells hold a face: a fresh network shall say so.
    private const float FirstScore = -4.6f;
    private static readonly int[] Widths = [32, 48, 64, 96];
    // Convolutions after the one that halves: the finest grid costs the most time, and the coarser ones tell it what they see.
    private static readonly int[] Depths = [1, 2, 2, 2];

    /// <summary>A fresh finder.</summary>
    public FinderNetwork() : base(nameof(FinderNetwork))
    {
        Stem = new(3, 24, 5, 4);
        var down = new List<NormedConvolution>();
        var same = new List<ModuleList<NormedConvolution>>();
        var lateral = new List<Conv2d>();
        var smooth = new List<NormedConvolution>();
        var head = new List<Conv2d>();
        var before = 24;
        foreach (var (width, depth) in Widths.Zip(Depths))
        {
            down.Add(new(before, width, 3, 2));
            same.Add(nn.ModuleList(Enumerable.Range(0, depth).Select(_ => new NormedConvolution(width, width, 3, 1)).ToArray()));
            lateral.Add(Layers.Convolution(width, Neck, 1));
            smooth.Add(new(Neck, Neck, 3, 1));
            var last = Layers.Convolution(Neck, Columns, 1, gain: 0.3);
            using (no_grad())
            {
                last.bias![0] = FirstScore;
            }
            head.Add(last);
            before = width;
        }
        Down = nn.ModuleList(down.ToArray());
        Same = nn.ModuleList(same.ToArray());
        Lateral = nn.ModuleList(lateral.ToArray());
        Smooth = nn.ModuleList(smooth.ToArray());
        Head = nn.ModuleList(head.ToArray());
        RegisterComponents();
    }

    internal NormedConvolution Stem { get; }
    internal ModuleList<NormedConvolution> Down { get; }
    internal ModuleList<ModuleList<NormedConvolution>> Same { get; }
    internal ModuleList<Conv2d> Lateral { get; }
    internal ModuleList<NormedConvolution> Smooth { get; }
    internal ModuleList<Conv2d> Head { get; }

    internal IEnumerable<NormedConvolution> Normed => [Stem, .. Down, .. Same.SelectMany(s => s), .. Smooth];

    /// <summary>What its convolutions compute in; what it tells is float32.</summary>
    public ScalarType Precision { get; set; } = ScalarType.Float32;

    /// <summary>For each grid [N, 6, H, W]: the score before the sigmoid, the points in units from the cell's middle, yaw / 90.</summary>
    public IReadOnlyList<Tensor> Maps(Tensor canvas)
    {
        using var scope = NewDisposeScope();
        var x = Stem.forward(canvas.to(Precision));
        var levels = new List<Tensor>();
        for (var i = 0; i < Down.Count; i++)
        {
            x = Same[i].Aggregate(Down[i].forward(x), (y, layer) => layer.forward(y));
            levels.Add(x);
        }
        var maps = new Tensor[levels.Count];
        Tensor? above = null;
        for (var i = levels.Count - 1; i >= 0; i--)
        {
            var merged = Lateral[i].Apply(levels[i]);
            if (above is not null)
            {
                merged = merged + Layers.UpsampleBilinear(above);
            }
            above = merged;
            maps[i] = Head[i].Apply(Smooth[i].forward(merged).to(ScalarType.Float32)).MoveToOuterDisposeScope();
        }
        return maps;
    }

    /// <inheritdoc />
    public override Tensor forward(Tensor canvas)
    {
        using var scope = NewDisposeScope();
        var side = (int)canvas.shape[3];
        var maps = Maps(canvas);
        var candidates = maps.Select((map, level) =>
        {
            var (scale, x, y) = Grid(Strides[level], side);
            var placed = map * scale + x + y;
            return cat([map[TensorIndex.Colon, 0..1].sigmoid(), placed[TensorIndex.Colon, 1..]], 1).flatten(2).transpose(1, 2);
        }).ToArray();
        return cat(candidates, 1).contiguous().MoveToOuterDisposeScope();
    }

    // What turns a map into candidates: the unit of each column, and the middles of the cells, as fractions of the side.
    private static (Tensor Scale, Tensor X, Tensor Y) Grid(int stride, int side)
    {
        var (scale, x, y) = GridNumbers(stride, side);
        var cells = side / stride;
        return (tensor(scale).view(1, Columns, 1, 1), tensor(x).view(1, Columns, 1, cells), tensor(y).view(1, Columns, cells, 1));
    }

    internal static (float[] Scale, float[] X, float[] Y) GridNumbers(int stride, int side)
    {
        var unit = (float)CellsPerUnit * stride / side;
        var cells = side / stride;
        float[] middles = [.. Enumerable.Range(0, cells).Select(i => (i + 0.5f) / cells)];
        var none = new float[cells];
        return ([1, unit, unit, unit, unit, 1],
            [.. none, .. middles, .. none, .. middles, .. none, .. none],
            [.. none, .. none, .. middles, .. none, .. middles, .. none]);
    }
}
