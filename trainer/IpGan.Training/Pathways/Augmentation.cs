using static TorchSharp.torch;

namespace IpGan.Training.Pathways;

/// <summary>
/// Random changes to pictures [N, 3, S, S]. All are differentiable; none changes the pose without its name saying so. Where a generator of random numbers is
/// not given, the process' own is drawn from, which two threads cannot do in a known order.
/// </summary>
public static class Augmentation
{
    /// <summary>
    /// Brightness, contrast and saturation (Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training", NeurIPS 2020); in a random
    /// <paramref name="greyShare"/> of the pictures no colour is left.
    /// </summary>
    public static Tensor Colour(Tensor x, double strength = 1, double greyShare = 0, Generator? random = null)
    {
        var n = x.shape[0];
        var brightness = (rand([n, 1, 1, 1], device: x.device, generator: random) - 0.5) * strength;
        var saturation = 1 + (rand([n, 1, 1, 1], device: x.device, generator: random) * 2 - 1) * strength;
        var contrast = 1 + (rand([n, 1, 1, 1], device: x.device, generator: random) - 0.5) * strength;
        if (greyShare > 0)
        {
            saturation = saturation * rand([n, 1, 1, 1], device: x.device, generator: random).ge(greyShare);
        }
        // One after the other, written as one pass over the pixels: x·cs + grey·c(1 − s) + b + (1 − c)·mean.
        var grey = x.mean([1], keepdim: true);
        var rest = grey * (contrast * (1 - saturation)) + (brightness + (1 - contrast) * grey.mean([2, 3], keepdim: true));
        return addcmul(rest, x, contrast * saturation, 1);
    }

    /// <summary>Dark glasses in a random <paramref name="share"/> of the pictures, where the eyes of a face seen from the front are in a square of design.md.</summary>
    public static Tensor Glasses(Tensor x, double share, Generator? random = null)
    {
        var (n, size) = (x.shape[0], x.shape[2]);
        Tensor Uniform(double least, double most) => least + rand([n, 1, 1, 1], device: x.device, generator: random) * (most - least);
        var axis = (arange(size, device: x.device).to(ScalarType.Float32) + 0.5) / size;
        var (width, height) = (Uniform(0.11, 0.17), Uniform(0.06, 0.12));
        // One lens either side of a middle: |x − middle| folds both onto one ellipse; the fourth power makes it a rounded rectangle.
        var across = ((axis.view(1, 1, 1, -1) - Uniform(0.46, 0.54)).abs() - Uniform(0.15, 0.19)) / width;
        var down = (axis.view(1, 1, -1, 1) - Uniform(0.27, 0.35)) / height;
        var lens = sigmoid((1 - across.pow(4) - down.pow(4)) * 4);
        var cover = lens * Uniform(0.7, 1) * Uniform(0, 1).lt(share).to(ScalarType.Float32);
        return lerp(x, Uniform(-1, -0.4).expand_as(x), cover);
    }

    /// <summary>
    /// A quarter of the batch loses detail, as in pictures that were smaller: 25 to 75 % of its pixels a side are left, and enlarged again. Another
    /// quarter gets noise of a deviation up to 0.1.
    /// </summary>
    public static Tensor Camera(Tensor x, Generator? random = null)
    {
        var quarter = (int)x.shape[0] / 4;
        if (quarter == 0)
        {
            return x;
        }
        var side = x.shape[2];
        var left = Math.Max(1, (long)(side * (0.25 + 0.5 * rand([1], device: x.device, generator: random).item<float>())));
        var small = nn.functional.interpolate(x[..quarter], [left, left], mode: InterpolationMode.Area);
        var soft = nn.functional.interpolate(small, [side, side], mode: InterpolationMode.Bilinear, align_corners: false);
        var noisy = x[quarter..(2 * quarter)];
        noisy = noisy + randn(noisy.shape, device: x.device, generator: random) * (rand([quarter, 1, 1, 1], device: x.device, generator: random) * 0.1);
        return cat([soft, noisy, x[(2 * quarter)..]], 0).ChannelsLastIfNeeded();
    }

    /// <summary>Noise of a <paramref name="deviation"/>; uniform, as normal numbers are drawn one by one on a CPU, for several times as long.</summary>
    public static Tensor Noise(Tensor x, double deviation) => x + (rand_like(x) - 0.5) * (deviation * Math.Sqrt(12));

    /// <summary>Shifts by up to <paramref name="pixels"/>, a quarter of the batch at a time; what comes in from outside is mid-grey.</summary>
    public static Tensor Shift(Tensor x, int pixels)
    {
        var quarters = x.chunk(4, 0);
        return cat(quarters.Select(q =>
        {
            var offsets = randint(0, 2 * pixels + 1, [2]).data<long>().ToArray();
            var padded = nn.functional.pad(q, (pixels, pixels, pixels, pixels));
            return padded.narrow(2, offsets[0], x.shape[2]).narrow(3, offsets[1], x.shape[3]);
        }).ToArray(), 0);
    }

    /// <summary>A grey rectangle of up to <paramref name="fraction"/> of each side, a random one in each picture.</summary>
    public static Tensor Erase(Tensor x, double fraction, Generator? random = null)
    {
        var (n, size) = (x.shape[0], x.shape[2]);
        var axis = arange(size, device: x.device).view(1, -1).to(ScalarType.Float32);
        Tensor Inside()
        {
            var centre = rand([n, 1], device: x.device, generator: random) * size;
            var half = rand([n, 1], device: x.device, generator: random) * (fraction * size / 2);
            return (axis - centre).abs().lt(half).to(ScalarType.Float32);
        }
        var box = Inside().view(n, 1, size, 1) * Inside().view(n, 1, 1, size);
        return x * (1 - box);
    }

    /// <summary>
    /// Jitter of the crop: turns by up to <paramref name="degrees"/> (which changes roll), zooms and shifts by up to these fractions. Edge pixels
    /// are repeated. <paramref name="tilt"/>: a head held askew, by up to so many degrees more, mostly by few.
    /// </summary>
    public static Tensor Warp(Tensor x, double degrees, double zoom, double shift, Generator? random = null, double tilt = 0)
    {
        var n = x.shape[0];
        Tensor Uniform(double range) => (rand([n], device: x.device, generator: random) * 2 - 1) * range;
        var angle = Uniform(degrees * Math.PI / 180);
        if (tilt > 0)
        {
            angle = angle + MostlyLittle([n], x.device, random) * (tilt * Math.PI / 180);
        }
        var scale = 1 + Uniform(zoom);
        var (cos, sin) = (angle.cos() * scale, angle.sin() * scale);
        var theta = stack([stack([cos, -sin, Uniform(2 * shift)], 1), stack([sin, cos, Uniform(2 * shift)], 1)], 1);
        var grid = nn.functional.affine_grid(theta, x.shape, align_corners: false);
        return nn.functional.grid_sample(x, grid, GridSampleMode.Bilinear, GridSamplePaddingMode.Border, false).ChannelsLastIfNeeded();
    }

    // In [−1, 1]: the cube of a uniform one, half of them within an eighth.
    private static Tensor MostlyLittle(long[] shape, Device device, Generator? random) => (rand(shape, device: device, generator: random) * 2 - 1).pow(3);

    private static Tensor ChannelsLastIfNeeded(this Tensor x) => Networks.Layers.ChannelsLast(x);
}
