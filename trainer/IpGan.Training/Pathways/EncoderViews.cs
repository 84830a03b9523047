using IpGan.Training.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace IpGan.Training.Pathways;

/// <summary>A batch as each encoder sees it. Made one ahead, beside the step that learns from the last one.</summary>
/// <param name="Faces">The pictures themselves, and what is known of them.</param>
/// <param name="Identity">For the identity encoder, [N, 3, S, S].</param>
/// <param name="Pose">For the pose encoder, [N, 3, S, S]; null where nothing is asked of it.</param>
public sealed record EncoderViews(FaceBatch Faces, Tensor Identity, Tensor? Pose) : IDisposable
{
    /// <summary>Draws the views. The batch is this one's from now on.</summary>
    /// <param name="faces">The pictures.</param>
    /// <param name="seed">Of all draws on the CPU; the process' own random numbers are left alone, as another thread may be drawing them.</param>
    /// <param name="pose">Whether the pose encoder learns, too.</param>
    public static EncoderViews Create(FaceBatch faces, int seed, bool pose) => Lanes.Beside(() =>
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        // TorchSharp's generators are the CPU's, whatever device they are given; on a GPU the process' own is drawn from.
        using var random = faces.Pictures.device.type == DeviceType.CPU ? new Generator((ulong)seed) : null;
        return new EncoderViews(
            faces,
            EncoderStep.IdentityView(faces.Pictures, random).MoveToOuterDisposeScope(),
            pose ? EncoderStep.PoseView(faces.Pictures, random).MoveToOuterDisposeScope() : null);
    }).GetAwaiter().GetResult();

    /// <inheritdoc />
    public void Dispose()
    {
        Faces.Dispose();
        Identity.Dispose();
        Pose?.Dispose();
    }
}
