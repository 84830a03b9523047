using IpGan.Imaging;
using IpGan.Serving.Versions;
using IpGan.V1;
using FaceChoice = IpGan.Imaging.FaceChoice;
using FacePlace = IpGan.Imaging.FacePlace;

namespace IpGan.Serving.Rpc;

/// <summary>How a network's square was come by.</summary>
/// <param name="Crop">In a word.</param>
/// <param name="Face">The face that was found; null where none was looked for.</param>
public sealed record PictureSource(CropSource Crop, V1.FoundFace? Face);

/// <summary>From a request's picture to a network's input: the same for both encoders.</summary>
public static class PictureInput
{
    /// <summary>True if the face has to be found: the caller says nothing of it.</summary>
    public static bool NeedsFinder(Image? image) => image is { Cropped: false, Face: null };

    /// <summary>Writes the square, [3, size, size] in [−1, 1], and says how it was come by.</summary>
    /// <param name="image">The request's picture.</param>
    /// <param name="finder">Finds the face where the caller does not say where it is. Null: there is none.</param>
    /// <param name="size">Pixels a side.</param>
    /// <param name="destination">3·size² long.</param>
    /// <exception cref="InvalidRequestException">No picture, or a contradiction in what is said of it.</exception>
    /// <exception cref="NoFinderException">A choice among faces, and nothing that finds them.</exception>
    /// <exception cref="PictureException">The picture cannot be used.</exception>
    /// <exception cref="NoFaceException">There is no face in it.</exception>
    public static PictureSource Read(Image? image, LoadedModel? finder, int size, Span<float> destination)
    {
        Check(image);
        if (!NeedsFinder(image) || finder is null)
        {
            if (image.Choice is not null)
            {
                throw new NoFinderException("image.choice chooses among the faces that are found, and no face finder is loaded: say where the face is in image.face, "
                    + "or publish a face-finder package.");
            }
            FaceSquare.Read(image.Content.Memory, Place(image), size, destination);
            return new PictureSource(image.Cropped ? CropSource.Cropped : image.Face is null ? CropSource.Assumed : CropSource.Place, null);
        }
        var taken = PhotoSquare.Read(image.Content.Memory, finder.Finder!, Choice(image), size, destination);
        return new PictureSource(
            taken.AlreadyCut ? CropSource.Assumed : CropSource.Found, FaceMessages.ToMessage(taken.Face, taken.Taken, taken.Faces.Count, taken.Notes, finder.VersionText));
    }

    private static void Check([System.Diagnostics.CodeAnalysis.NotNull] Image? image)
    {
        if (image is null)
        {
            throw new InvalidRequestException("image is missing: send a JPEG, PNG or WebP in image.content.", "image");
        }
        if (image.Cropped && image.Face is not null)
        {
            throw new InvalidRequestException("image says both that it is cropped and where the face is; say one of the two.", "image");
        }
        if (image.Choice is not null && !NeedsFinder(image))
        {
            throw new InvalidRequestException("image says both which of its faces is meant and, by cropped or face, where it is; say one of the two.", "image");
        }
    }

    private static FaceChoice Choice(Image image) => image.Choice?.ChoiceCase switch
    {
        V1.FaceChoice.ChoiceOneofCase.Index => new FaceChoice(image.Choice.Index),
        V1.FaceChoice.ChoiceOneofCase.Point => new FaceChoice(Point: new PicturePoint(image.Choice.Point.X, image.Choice.Point.Y)),
        _ => new FaceChoice(),
    };

    private static FacePlace? Place(Image image)
    {
        if (image.Face is not { } face)
        {
            return null;
        }
        if (face.Sellion is null || face.Mouth is null)
        {
            throw new InvalidRequestException("image.face needs both points: sellion and mouth, in pixels of the picture.", "image.face");
        }
        return new FacePlace(new PicturePoint(face.Sellion.X, face.Sellion.Y), new PicturePoint(face.Mouth.X, face.Mouth.Y), face.Yaw);
    }
}
