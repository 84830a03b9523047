using System.Numerics;

namespace IpGan.Rendering.Drawing;

/// <summary>A pinhole camera that looks along −z, and the square of its picture that is drawn.</summary>
/// <param name="Eye">Where it stands.</param>
/// <param name="Left">Left edge of the square on the plane at distance 1, x to the right.</param>
/// <param name="Top">Upper edge, y up.</param>
/// <param name="Scale">Samples for each unit of that plane.</param>
internal readonly record struct Camera(Vector3 Eye, float Left, float Top, float Scale)
{
    /// <summary>Samples from the left and the top of the square, and 1/distance.</summary>
    public Vector3 Project(Vector3 point, float lift = 0)
    {
        var away = Eye.Z - point.Z;
        var inverse = 1 / away;
        return new Vector3(((point.X - Eye.X) * inverse - Left) * Scale, (Top - (point.Y - Eye.Y) * inverse) * Scale, 1 / (away - lift));
    }
}
