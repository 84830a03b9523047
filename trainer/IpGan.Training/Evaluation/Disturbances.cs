using IpGan.Training.Pathways;
using TorchSharp;
using static TorchSharp.torch;

namespace IpGan.Training.Evaluation;

/// <summary>
/// What photos of users have and those of data sets, cut out with care, seldom: how well people are told apart when the second photo of each pair is disturbed.
/// </summary>
internal static class Disturbances
{
    /// <summary>By name: a change of pictures [n, 3, S, S] in [−1, 1], the same at every call.</summary>
    public static IReadOnlyList<(string Name, Func<Tensor, Tensor> Change)> All { get; } =
    [
        ("second photo tilted by 20°", x => Tilted(x, 20)),
        ("second photo tilted by 35°", x => Tilted(x, -35)),
        ("second photo with dark glasses", Glasses),
    ];

    private static Tensor Tilted(Tensor x, double degrees)
    {
        var (sin, cos) = Math.SinCos(degrees * Math.PI / 180);
        using var theta = tensor(new[] { (float)cos, (float)-sin, 0, (float)sin, (float)cos, 0 }, [1, 2, 3]).expand(x.shape[0], 2, 3);
        using var grid = nn.functional.affine_grid(theta, x.shape, align_corners: false);
        return nn.functional.grid_sample(x, grid, GridSampleMode.Bilinear, GridSamplePaddingMode.Border, false);
    }

    private static Tensor Glasses(Tensor x)
    {
        using var random = new torch.Generator(3);
        return Augmentation.Glasses(x, share: 1, random);
    }
}
