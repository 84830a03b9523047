using Google.Protobuf;
using IpGan.V1;

namespace IpGan.Client;

/// <summary>A point in pixels of a photo; (0, 0) is its upper left corner.</summary>
/// <param name="X">To the right.</param>
/// <param name="Y">Downwards.</param>
public readonly record struct PhotoPoint(float X, float Y);

/// <summary>Where a face is in a photo.</summary>
/// <param name="Sellion">Bridge of the nose, between the eyes.</param>
/// <param name="Mouth">Middle of the line between the closed lips.</param>
/// <param name="Yaw">Degrees, positive when the face looks towards the picture's right edge; 0 when unknown.</param>
public sealed record PhotoFace(PhotoPoint Sellion, PhotoPoint Mouth, float Yaw = 0);

/// <summary>An encoded photo that holds a face. Unless <see cref="Cropped"/> or <see cref="Face"/> says otherwise, the service finds the face.</summary>
/// <param name="Content">JPEG, PNG or WebP. Not copied: leave it as it is until the call has ended.</param>
public sealed record Photo(ReadOnlyMemory<byte> Content)
{
    /// <summary>The picture is already the square of the crop rule.</summary>
    public bool Cropped { get; init; }

    /// <summary>Where the face is. Null: that is for the service to find out.</summary>
    public PhotoFace? Face { get; init; }

    /// <summary>Which of several faces is meant, where the service finds them: by its place, counted from the left, from 0. Null: the largest.</summary>
    public int? FaceIndex { get; init; }

    /// <summary>The same by a point: the face that holds it, or the nearest.</summary>
    public PhotoPoint? FaceAt { get; init; }

    /// <summary>Anything; comes back in the answers of bulk calls.</summary>
    public string Id { get; init; } = "";

    internal Image ToMessage()
    {
        var message = new Image { Content = UnsafeByteOperations.UnsafeWrap(Content), Cropped = Cropped };
        if (Face is { } face)
        {
            message.Face = new FacePlace { Sellion = Point(face.Sellion), Mouth = Point(face.Mouth), Yaw = face.Yaw };
        }
        if (FaceIndex is { } index)
        {
            message.Choice = new FaceChoice { Index = index };
        }
        else if (FaceAt is { } point)
        {
            message.Choice = new FaceChoice { Point = Point(point) };
        }
        return message;
    }

    private static Point Point(PhotoPoint point) => new() { X = point.X, Y = point.Y };
}
