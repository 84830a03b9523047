using System.Numerics;
using System.Runtime.Intrinsics;
using IpGan.Rendering.Assets;

namespace IpGan.Rendering.Drawing;

/// <summary>
/// Draws layers into a square of samples with a z-buffer. First which triangle each sample sees is found, opaque or nearly so; then each sample is
/// shaded once, perspective-correct; then what is half transparent is laid over it, from back to front. Buffers are kept from picture
/// to picture; one rasteriser for each thread.
/// </summary>
internal sealed class Rasteriser
{
    // From this alpha on, a sample of hair hides what is behind it.
    private const float Hides = 0.6f;
    private const float Shows = 0.02f;
    private const int TriangleBits = 20;

    private const int Lanes = 8;
    private static readonly Vector256<float> Offsets = Vector256.CreateSequence(0f, 1f);

    private readonly int _size;
    // Eight samples are looked at at once; rows are padded, so that the last ones may run over.
    private readonly int _stride;
    private readonly float[] _nearness;
    private readonly int[] _seen;
    private readonly Vector4[] _samples;
    private float[] _order = [];
    private int[] _sorted = [];

    /// <param name="size">Samples a side.</param>
    public Rasteriser(int size)
    {
        _size = size;
        _stride = size + Lanes;
        (_nearness, _seen, _samples) = (new float[size * _stride], new int[size * _stride], new Vector4[size * size]);
    }

    /// <summary>The picture, [size, size]: linear light multiplied by cover, and cover (0: nothing but background).</summary>
    public ReadOnlySpan<Vector4> Samples => _samples;

    /// <summary>Draws the layers; none of their points may be behind the camera.</summary>
    public void Draw(ReadOnlySpan<Layer> layers)
    {
        Array.Clear(_nearness);
        Array.Fill(_seen, -1);
        for (var i = 0; i < layers.Length; i++)
            FindSeen(layers[i], i << TriangleBits);
        ShadeSeen(layers);
        foreach (var layer in layers)
        {
            if (layer.Covers is not null)
                LayOver(layer);
        }
    }

    private void FindSeen(Layer layer, int id)
    {
        for (var t = 0; t < layer.Surface.Triangles; t++)
        {
            var cover = layer.Covers?[t] ?? Cover.Full;
            if (cover == Cover.Clear || !Triangle.TryCreate(layer, t, _size, out var triangle))
                continue;
            var paint = cover == Cover.Mixed ? new Paint(layer, t, triangle) : default;
            var (stepsB, stepsC) = (Vector256.Create(triangle.StepB) * Offsets, Vector256.Create(triangle.StepC) * Offsets);
            for (var y = triangle.Top; y <= triangle.Bottom; y++)
            {
                var (b, c) = triangle.WeightsAt(triangle.Left, y);
                var (wb, wc) = (Vector256.Create(b) + stepsB, Vector256.Create(c) + stepsC);
                for (var x = triangle.Left; x <= triangle.Right; x += Lanes)
                {
                    var wa = Vector256<float>.One - wb - wc;
                    ref var nearest = ref _nearness[y * _stride + x];
                    var old = Vector256.LoadUnsafe(ref nearest);
                    var nearness = triangle.Nearness(wa, wb, wc);
                    var seen = Vector256.GreaterThanOrEqual(Vector256.Min(wa, Vector256.Min(wb, wc)), Vector256<float>.Zero)
                        & Vector256.GreaterThan(nearness, old);
                    if (cover == Cover.Mixed)
                        seen = Hiding(seen, paint, triangle, wa, wb, wc, nearness);
                    if (seen.AsInt32() != Vector256<int>.Zero)
                    {
                        Vector256.ConditionalSelect(seen, nearness, old).StoreUnsafe(ref nearest);
                        ref var ids = ref _seen[y * _stride + x];
                        Vector256.ConditionalSelect(seen.AsInt32(), Vector256.Create(id | t), Vector256.LoadUnsafe(ref ids)).StoreUnsafe(ref ids);
                    }
                    wb += Vector256.Create(triangle.StepB * Lanes);
                    wc += Vector256.Create(triangle.StepC * Lanes);
                }
            }
        }
    }

    // Those samples where the texture is there.
    private static Vector256<float> Hiding(Vector256<float> seen, in Paint paint, in Triangle triangle, Vector256<float> wa, Vector256<float> wb,
        Vector256<float> wc, Vector256<float> nearness)
    {
        for (var bits = seen.ExtractMostSignificantBits(); bits != 0; bits &= bits - 1)
        {
            var lane = BitOperations.TrailingZeroCount(bits);
            if (paint.Texel(triangle.InSpace(wa[lane], wb[lane], wc[lane], nearness[lane])).W < Hides)
                seen = seen.WithElement(lane, 0);
        }
        return seen;
    }

    private void ShadeSeen(ReadOnlySpan<Layer> layers)
    {
        var last = -1;
        Triangle triangle = default;
        Paint paint = default;
        for (var y = 0; y < _size; y++)
        {
            for (var x = 0; x < _size; x++)
            {
                var i = y * _size + x;
                var id = _seen[y * _stride + x];
                if (id < 0)
                {
                    _samples[i] = Vector4.Zero;
                    continue;
                }
                if (id != last)
                {
                    var (layer, number) = (layers[id >> TriangleBits], id & ((1 << TriangleBits) - 1));
                    _ = Triangle.TryCreate(layer, number, _size, out triangle);
                    paint = new Paint(layer, number, triangle);
                    last = id;
                }
                var (wb, wc) = triangle.WeightsAt(x, y);
                var weights = triangle.InSpace(1 - wb - wc, wb, wc, _nearness[y * _stride + x]);
                var texel = paint.Texel(weights);
                _samples[i] = new Vector4(paint.Shade(texel, weights) / Math.Max(texel.W, Shows), 1);
            }
        }
    }

    private void LayOver(Layer layer)
    {
        var count = Sort(layer);
        for (var s = 0; s < count; s++)
        {
            _ = Triangle.TryCreate(layer, _sorted[s], _size, out var triangle);
            var paint = new Paint(layer, _sorted[s], triangle);
            for (var y = triangle.Top; y <= triangle.Bottom; y++)
            {
                var (wb, wc) = triangle.WeightsAt(triangle.Left, y);
                var entered = false;
                for (var x = triangle.Left; x <= triangle.Right; x++, wb += triangle.StepB, wc += triangle.StepC)
                {
                    var wa = 1 - wb - wc;
                    if (wa < 0 || wb < 0 || wc < 0)
                    {
                        if (entered)
                            break;
                        continue;
                    }
                    entered = true;
                    var nearness = triangle.Nearness(wa, wb, wc);
                    if (nearness <= _nearness[y * _stride + x])
                        continue;
                    var weights = triangle.InSpace(wa, wb, wc, nearness);
                    var texel = paint.Texel(weights);
                    // What hides was drawn already.
                    if (texel.W >= Hides || (texel.W < Shows && !layer.Glass))
                        continue;
                    ref var sample = ref _samples[y * _size + x];
                    sample = new Vector4(paint.Shade(texel, weights), texel.W) + sample * (1 - texel.W);
                }
            }
        }
    }

    // What may be half transparent, from the farthest triangle to the nearest.
    private int Sort(Layer layer)
    {
        if (_order.Length < layer.Surface.Triangles)
            (_order, _sorted) = (new float[layer.Surface.Triangles], new int[layer.Surface.Triangles]);
        var count = 0;
        for (var t = 0; t < layer.Surface.Triangles; t++)
        {
            var cover = layer.Covers![t];
            if (cover == Cover.Full || (cover == Cover.Clear && !layer.Glass) || !Triangle.TryCreate(layer, t, _size, out var triangle))
                continue;
            _order[count] = triangle.MeanNearness;
            _sorted[count++] = t;
        }
        Array.Sort(_order, _sorted, 0, count);
        return count;
    }
}
