using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace IpGan.Training.Recognisers;

/// <summary>Where the recogniser looks in pictures: a square in each.</summary>
/// <param name="Values">[N, 4]: the centre's x and y and the logarithm of the side, in halves of the picture's side from its middle; the turn in radians.</param>
public readonly record struct RecogniserSquares(Tensor Values)
{
    // It was trained on squares around eyes and mouth, ours are around the head: the square's side and centre, in halves of ours, that agree with its own best (cosine 0.97 between frontal
    // photos, 0.81 between profiles; with one square for all yaws 0.93 and far less).
    internal const double Zoom = 0.93;
    internal const double ZoomTurned = -0.08;
    internal const double ShiftTurned = 0.35;
    internal const double Up = -0.1;
    private const int Steps = 16;
    private const double Step = 0.03;

    /// <summary>Where it looks when nothing but the yaw is known.</summary>
    /// <param name="yaw">In degrees, [N].</param>
    public static RecogniserSquares Usual(Tensor yaw)
    {
        using var scope = NewDisposeScope();
        var sine = (yaw.to(ScalarType.Float32) * (Math.PI / 180)).sin();
        var zoom = sine.abs() * ZoomTurned + Zoom;
        return new(stack([sine * ShiftTurned, full_like(sine, Up), zoom.log(), zeros_like(sine)], 1).MoveToOuterDisposeScope());
    }

    /// <summary>Where it looked when it described photos, which nobody wrote down: the squares through which it sees again what it saw, by Adam from the usual ones.</summary>
    /// <param name="recogniser">Who described them.</param>
    /// <param name="pictures">The photos, [N, 3, S, S].</param>
    /// <param name="yaw">In degrees, [N].</param>
    /// <param name="descriptors">What it saw, [N, 128].</param>
    /// <param name="precision">What convolutions compute in.</param>
    public static RecogniserSquares Find(FaceApiRecogniser recogniser, Tensor pictures, Tensor yaw, Tensor descriptors, ScalarType precision)
    {
        using var scope = NewDisposeScope();
        using var moved = new TorchSharp.Modules.Parameter(Usual(yaw).Values);
        using var adam = optim.Adam([moved], Step, beta1: 0.8, beta2: 0.95);
        var best = moved.detach().clone();
        var least = full([pictures.shape[0], 1], float.PositiveInfinity, device: pictures.device);
        for (var step = 0; step < Steps; step++)
        {
            using var inner = NewDisposeScope();
            adam.zero_grad();
            var off = (recogniser.Descriptors(pictures, new RecogniserSquares(moved), precision) - descriptors).square().sum(1, keepdim: true);
            using (no_grad())
            {
                var better = off.less(least);
                best = where(better, moved, best).MoveToOuterDisposeScope();
                least = where(better, off, least).MoveToOuterDisposeScope();
            }
            off.sum().backward();
            adam.step();
        }
        return new(best.MoveToOuterDisposeScope());
    }

    /// <summary>What a mirror makes of a square's numbers: x and turn change sides.</summary>
    internal static readonly float[] Mirror = [-1, 1, 1, -1];

    /// <summary>The same in mirrored pictures.</summary>
    public RecogniserSquares Mirrored => new(Values * tensor(Mirror, device: Values.device));

    /// <summary>From the square's points in [−1, 1]² to the picture's, [N, 2, 3].</summary>
    public Tensor Matrices()
    {
        using var scope = NewDisposeScope();
        var (x, y, side, turn) = (Values.select(1, 0), Values.select(1, 1), Values.select(1, 2).exp(), Values.select(1, 3));
        var (cosine, sine) = (turn.cos() * side, turn.sin() * side);
        return stack([stack([cosine, -sine, x], 1), stack([sine, cosine, y], 1)], 1).MoveToOuterDisposeScope();
    }

    /// <summary>Pictures [N, 3, S, S] moved so that what lies in these squares comes to lie in others.</summary>
    /// <param name="pictures">The pictures.</param>
    /// <param name="others">Where it comes to lie.</param>
    public Tensor MoveTo(RecogniserSquares others, Tensor pictures)
    {
        using var scope = NewDisposeScope();
        var (from, to) = (Matrices(), others.Matrices());
        // x' = from · to⁻¹ x; what turns and zooms only is turned back by its transpose.
        var turn = from[TensorIndex.Ellipsis, ..2].matmul(to[TensorIndex.Ellipsis, ..2].transpose(1, 2)) * (others.Values.select(1, 2) * -2).exp().view(-1, 1, 1);
        var shift = from[TensorIndex.Ellipsis, 2..] - turn.matmul(to[TensorIndex.Ellipsis, 2..]);
        return Sample(pictures, cat([turn, shift], 2), pictures.shape[2]).MoveToOuterDisposeScope();
    }

    /// <summary>Pictures sampled at matrices [N, 2, 3], [N, 3, side, side]; their edges go on.</summary>
    internal static Tensor Sample(Tensor pictures, Tensor matrices, long side) => F.grid_sample(
        pictures.to(ScalarType.Float32), F.affine_grid(matrices, [pictures.shape[0], pictures.shape[1], side, side], align_corners: false),
        GridSampleMode.Bilinear, GridSamplePaddingMode.Border, false);
}
