using IpGan.Models;
using SkiaSharp;

namespace IpGan.Testing;

/// <summary>
/// A face finder for tests: a real network of two layers that takes every cell of its canvas that is red for a face. The bluer, the larger. Its answers follow
/// from the photo alone, so that a test draws the faces that it wants to be found.
/// </summary>
public static class TinyFinder
{
    /// <summary>Pixels a side of the canvas.</summary>
    public const int Side = 128;

    /// <summary>Pixels a side of a cell, and of a face that is drawn.</summary>
    public const int Cell = 16;

    /// <summary>Faces have this score or more.</summary>
    public const double Threshold = 0.5;

    private const int Cells = Side / Cell;

    /// <summary>Where the ground of a photo is, nothing is found.</summary>
    public static readonly SKColor Ground = new(90, 120, 100);

    /// <summary>The colour of a face: small ones have points 8 canvas pixels apart, large ones 24.</summary>
    public static SKColor Face(bool large) => new(255, 0, large ? (byte)255 : (byte)0);

    /// <summary>Half a face: it scores 0.12.</summary>
    public static readonly SKColor Doubt = new(200, 30, 128);

    /// <summary>A photo of 128×96 pixels, with faces in some cells of the canvas.</summary>
    public static byte[] Photo(params (int Column, int Row, SKColor Color)[] faces) => Photo(1, SKEncodedImageFormat.Png, faces);

    /// <summary>The same, larger.</summary>
    public static byte[] Photo(int enlarged, SKEncodedImageFormat format, params (int Column, int Row, SKColor Color)[] faces) =>
        Pictures.Encode(Side * enlarged, 96 * enlarged, (x, y) =>
        {
            var face = faces.FirstOrDefault(f => x / (Cell * enlarged) == f.Column && y / (Cell * enlarged) == f.Row);
            return face == default ? Ground : face.Color;
        }, format, 95);

    /// <summary>A picture that is hardly larger than the square of the face in it. The canvas shows its 16 pixels four times as large: a cell is four of them.</summary>
    public static byte[] Square() => Pictures.Encode(16, 16, (x, y) => x is >= 3 and < 9 && y is >= 3 and < 9 ? Face(large: true) : Ground);

    internal static byte[] Model(Random random)
    {
        var graph = new TinyGraph(random);
        var pooled = graph.Node("AveragePool", [graph.Input("image", -1, 3, Side, Side)],
            TinyGraph.Attribute("kernel_shape", Cell, Cell), TinyGraph.Attribute("strides", Cell, Cell));
        var cells = graph.Node("Transpose", [graph.Node("Reshape", [pooled, graph.Integers(-1, 3, Cells * Cells)])], TinyGraph.Attribute("perm", 0, 2, 1));
        // Score: red and not green. Points: above and below the cell's middle, 16 + 8 B pixels apart.
        const float Half = 0.5f / Side;
        var weights = graph.Values(
        [
            15, 0, 0, 0, 0, 0,
            -15, 0, 0, 0, 0, 0,
            0, 0, -8 * Half, 0, 8 * Half, 0,
        ], 3, 6);
        // Versions differ by how far the face looks aside.
        var yaw = (float)(random.NextDouble() - 0.5) / 10;
        var bias = graph.Values([.. Enumerable.Range(0, Cells * Cells).SelectMany(i =>
        {
            var (x, y) = ((i % Cells + 0.5f) / Cells, (i / Cells + 0.5f) / Cells);
            return new[] { -22, x, y - 16 * Half, x, y + 16 * Half, yaw };
        })], 1, Cells * Cells, 6);
        var values = graph.Node("Add", [graph.Node("MatMul", [cells, weights]), bias]);
        var score = graph.Node("Sigmoid", [graph.Node("Slice", [values, graph.Integers(0), graph.Integers(1), graph.Integers(2)])]);
        var rest = graph.Node("Slice", [values, graph.Integers(1), graph.Integers(6), graph.Integers(2)]);
        graph.Output("faces", graph.Node("Concat", [score, rest], TinyGraph.Attribute("axis", 2L)), -1, Cells * Cells, 6);
        return graph.Build();
    }

    internal static TensorSignature Output { get; } = new("faces", [-1, Cells * Cells, 6]);

    internal static FinderFigures Figures { get; } = new(Threshold, 1, 1, "nothing: this model is for tests");
}
