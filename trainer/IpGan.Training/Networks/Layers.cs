using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace IpGan.Training.Networks;

/// <summary>
/// Layers that compute in their input's type. Parameters stay float32; a network that is entered with a bfloat16 tensor runs its
/// convolutions in bfloat16, which processors with AVX512-BF16 or AMX do two to four times as fast.
/// </summary>
public static class Layers
{
    // Every network is made of these; what needs none does without libtorch.
    static Layers() => NativeSettings.LeaveOutNnpack();

    /// <summary>The slope of every leaky ReLU.</summary>
    public const double Slope = 0.2;

    /// <summary>
    /// Convolution in the type of <paramref name="x"/>, [N, C, H, W], padded by half a kernel if nothing else is asked for. Always with channels last: in the other layout oneDNN pads channels to a multiple of 16 with
    /// what lies in memory there, on processors with AVX-512 (libtorch 2.10).
    /// </summary>
    public static Tensor Apply(this Conv2d conv, Tensor x, int stride = 1, long? padding = null)
    {
        var around = padding ?? conv.weight.shape[2] / 2;
        return F.conv2d(x.ChannelsLast(), conv.weight.to(x.dtype), conv.bias?.to(x.dtype), [stride, stride], [around, around]);
    }

    /// <summary>Leaky ReLU with <see cref="Slope"/>.</summary>
    public static Tensor LeakyRelu(Tensor x) => F.leaky_relu(x, Slope);

    /// <summary>The same values, with the channels of a pixel side by side in memory: the layout that the CPU's convolutions want.</summary>
    public static Tensor ChannelsLast(this Tensor x) => x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    /// <summary>Twice the size, bilinear.</summary>
    public static Tensor UpsampleBilinear(Tensor x) =>
        F.interpolate(x, scale_factor: [2, 2], mode: InterpolationMode.Bilinear, align_corners: false);

    /// <summary>A convolution whose weights start from He et al.'s normal distribution for leaky ReLU ("Delving Deep into Rectifiers", ICCV 2015).</summary>
    public static Conv2d Convolution(int inputs, int outputs, int kernel, bool bias = true, double gain = 1)
    {
        var conv = nn.Conv2d(inputs, outputs, kernel, padding: kernel / 2, bias: bias);
        using var _ = no_grad();
        nn.init.normal_(conv.weight, 0, gain * Math.Sqrt(2 / (1 + Slope * Slope) / (inputs * kernel * kernel)));
        if (bias)
        {
            nn.init.zeros_(conv.bias!);
        }
        return conv;
    }

    /// <summary>A fully connected layer with weights of deviation gain/√inputs and a bias of <paramref name="bias"/>.</summary>
    public static Linear FullyConnected(int inputs, int outputs, double gain = 1, double bias = 0)
    {
        var linear = nn.Linear(inputs, outputs);
        using var _ = no_grad();
        nn.init.normal_(linear.weight, 0, gain / Math.Sqrt(inputs));
        nn.init.constant_(linear.bias!, bias);
        return linear;
    }
}
