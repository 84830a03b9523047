using static TorchSharp.torch;

namespace IpGan.Training.Data;

/// <summary>
/// What a teacher's descriptors have in common, which says nothing of a person: of faces seen from the front, and of turned ones. Between the two kinds, and so for pictures whose pose
/// was asked for, it is taken to move with |yaw|.
/// </summary>
/// <param name="Front">The mean descriptor of faces seen from the front, 128 numbers.</param>
/// <param name="FrontYaw">Their mean |yaw|, degrees.</param>
/// <param name="Side">The mean descriptor of turned faces; where there are none, the other's.</param>
/// <param name="SideYaw">Their mean |yaw|, degrees; greater than the other.</param>
public sealed record TeacherMeans(float[] Front, double FrontYaw, float[] Side, double SideYaw)
{
    /// <summary>What is to be taken off descriptors, [N, 128].</summary>
    /// <param name="yaw">In degrees, [N].</param>
    public Tensor At(Tensor yaw)
    {
        using var scope = NewDisposeScope();
        var share = ((yaw.to(ScalarType.Float32).abs() - FrontYaw) / (SideYaw - FrontYaw)).clamp(0, 1).unsqueeze(1);
        return lerp(tensor(Front, device: yaw.device).unsqueeze(0), tensor(Side, device: yaw.device).unsqueeze(0), share).MoveToOuterDisposeScope();
    }
}
