namespace IpGan.Imaging;

/// <summary>A point in pixels of the picture as displayed, after the EXIF orientation.</summary>
/// <param name="X">From the left edge of the leftmost pixel, to the right.</param>
/// <param name="Y">From the upper edge of the uppermost pixel, downwards.</param>
public readonly record struct PicturePoint(float X, float Y);

/// <summary>Where a face is in a photo: what the crop rule needs.</summary>
/// <param name="Sellion">Bridge of the nose, between the eyes.</param>
/// <param name="Mouth">Middle of the line between the closed lips.</param>
/// <param name="Yaw">Degrees, positive when the face looks towards the picture's right edge, in [−180, 180]; 0 when unknown.</param>
public readonly record struct FacePlace(PicturePoint Sellion, PicturePoint Mouth, float Yaw = 0);
