using System.Globalization;
using Google.Rpc;
using IpGan.Imaging;
using IpGan.V1;
using FaceNote = IpGan.V1.FaceNote;
using FaceNoteKind = IpGan.V1.FaceNoteKind;
using FacePlace = IpGan.V1.FacePlace;
using FoundFace = IpGan.V1.FoundFace;

namespace IpGan.Serving.Rpc;

/// <summary>Faces that were found, as the contracts have them.</summary>
internal static class FaceMessages
{
    private const string Domain = "ipgan.v1";
    private const string NoFace = "NO_FACE";

    /// <summary>One of the faces of a photo.</summary>
    public static FoundFace ToMessage(Imaging.FoundFace face, int index, int count, IReadOnlyList<Imaging.FaceNote> notes, string finderVersion) => new()
    {
        Place = new FacePlace { Sellion = ToMessage(face.Place.Sellion), Mouth = ToMessage(face.Place.Mouth), Yaw = face.Place.Yaw },
        Box = new FaceBox { Left = face.Square.Left, Top = face.Square.Top, Side = face.Square.Side },
        Score = face.Score,
        FinderVersion = finderVersion,
        Index = index,
        Count = count,
        Notes = { notes.Select(n => new FaceNote { Kind = ToMessage(n.Kind), Words = n.Words }) },
    };

    /// <summary>How near the best candidate came, for programs.</summary>
    public static ErrorInfo Info(NoFaceException exception) => new()
    {
        Reason = NoFace,
        Domain = Domain,
        Metadata =
        {
            ["best_score"] = exception.BestScore.ToString("0.####", CultureInfo.InvariantCulture),
            ["threshold"] = exception.Threshold.ToString("0.####", CultureInfo.InvariantCulture),
        },
    };

    private static Point ToMessage(PicturePoint point) => new() { X = point.X, Y = point.Y };

    private static FaceNoteKind ToMessage(Imaging.FaceNoteKind kind) => kind switch
    {
        Imaging.FaceNoteKind.TooSmall => FaceNoteKind.TooSmall,
        Imaging.FaceNoteKind.Blurred => FaceNoteKind.Blurred,
        Imaging.FaceNoteKind.CutOff => FaceNoteKind.CutOff,
        _ => FaceNoteKind.SeveralFaces,
    };
}
