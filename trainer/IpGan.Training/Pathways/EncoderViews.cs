using IpGan.Training.Data;
using static TorchSharp.torch;

namespace IpGan.Training.Pathways;

/// <summary>A batch as each encoder sees it. Made ahead, on the core that has less to do: the identity encoder's lane is the longer one.</summary>
public sealed class EncoderViews : IDisposable
{
    private EncoderViews(FaceBatch faces, Tensor identity, Tensor pose)
    {
        Faces = faces;
        Identity = identity;
        Pose = pose;
    }

    /// <summary>The pictures themselves, and what is known of them.</summary>
    public FaceBatch Faces { get; }

    /// <summary>For the identity encoder, [N, 3, S, S].</summary>
    public Tensor Identity { get; }

    /// <summary>For the pose encoder, [N, 3, S, S].</summary>
    public Tensor Pose { get; }

    /// <summary>Draws both views. The batch is this one's from now on.</summary>
    /// <param name="faces">The pictures.</param>
    /// <param name="seed">Of all draws; the process' own random numbers are left alone, as another thread may be drawing them.</param>
    public static EncoderViews Create(FaceBatch faces, int seed) => Lanes.Beside(() =>
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var random = new Generator((ulong)seed, faces.Pictures.device);
        return new EncoderViews(
            faces,
            EncoderStep.IdentityView(faces.Pictures, random).MoveToOuterDisposeScope(),
            EncoderStep.PoseView(faces.Pictures, random).MoveToOuterDisposeScope());
    }).GetAwaiter().GetResult();

    /// <inheritdoc />
    public void Dispose()
    {
        Faces.Dispose();
        Identity.Dispose();
        Pose.Dispose();
    }
}
