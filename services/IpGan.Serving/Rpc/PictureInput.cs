using IpGan.Imaging;
using IpGan.V1;
using FacePlace = IpGan.Imaging.FacePlace;

namespace IpGan.Serving.Rpc;

/// <summary>From a request's picture to a network's input: the same for both encoders.</summary>
public static class PictureInput
{
    /// <summary>Writes the square, [3, size, size] in [−1, 1], and says how it was come by.</summary>
    /// <exception cref="InvalidRequestException">No picture, or a contradiction in what is said of it.</exception>
    /// <exception cref="PictureException">The picture cannot be used.</exception>
    public static CropSource Read(Image? image, int size, Span<float> destination)
    {
        if (image is null)
        {
            throw new InvalidRequestException("image is missing: send a JPEG, PNG or WebP in image.content.");
        }
        if (image.Cropped && image.Face is not null)
        {
            throw new InvalidRequestException("image says both that it is cropped and where the face is; say one of the two.");
        }
        FaceSquare.Read(image.Content.Memory, Place(image), size, destination);
        return image.Cropped ? CropSource.Cropped : image.Face is null ? CropSource.Assumed : CropSource.Place;
    }

    private static FacePlace? Place(Image image)
    {
        if (image.Face is not { } face)
        {
            return null;
        }
        if (face.Sellion is null || face.Mouth is null)
        {
            throw new InvalidRequestException("image.face needs both points: sellion and mouth, in pixels of the picture.");
        }
        return new FacePlace(new PicturePoint(face.Sellion.X, face.Sellion.Y), new PicturePoint(face.Mouth.X, face.Mouth.Y), face.Yaw);
    }
}
