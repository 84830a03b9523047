using System.Numerics;

namespace IpGan.Rendering.Views;

/// <summary>
/// How a head is held, in degrees: yaw is positive when the face looks towards the picture's right edge, pitch when it looks up, roll when the
/// head turns counter-clockwise in the picture. The rotation is R = Rz(roll) · Ry(yaw) · Rx(pitch): nod first, then turn, then tilt, which is how
/// head-pose networks and fitted 3D faces report angles.
/// </summary>
public readonly record struct HeadPose(float Yaw, float Pitch, float Roll)
{
    /// <summary>The rotation; x to the picture's right, y up, z to the camera.</summary>
    internal Quaternion Rotation(float share = 1)
    {
        const float Radians = MathF.PI / 180;
        return Quaternion.CreateFromAxisAngle(Vector3.UnitZ, Roll * Radians * share)
            * Quaternion.CreateFromAxisAngle(Vector3.UnitY, Yaw * Radians * share)
            * Quaternion.CreateFromAxisAngle(Vector3.UnitX, -Pitch * Radians * share);
    }
}
