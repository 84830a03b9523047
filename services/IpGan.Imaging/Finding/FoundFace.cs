namespace IpGan.Imaging;

/// <summary>A face that was found in a photo.</summary>
/// <param name="Place">Where, in pixels of the photo as displayed.</param>
/// <param name="Score">How sure the finder is: 0 to 1.</param>
/// <param name="Square">The square that the crop rule gives it.</param>
public readonly record struct FoundFace(FacePlace Place, float Score, CropSquare Square);

/// <summary>All faces that were found in a photo.</summary>
/// <param name="Faces">From left to right.</param>
/// <param name="BestRejected">The highest score that was too low for a face; 0 when there was none.</param>
public sealed record FoundFaces(IReadOnlyList<FoundFace> Faces, float BestRejected);

/// <summary>No face was found; the message says how near the best candidate came.</summary>
/// <param name="message">What was found, and what would help.</param>
/// <param name="bestScore">The best candidate's score.</param>
/// <param name="threshold">The score from which on a candidate is a face.</param>
public sealed class NoFaceException(string message, double bestScore, double threshold) : Exception(message)
{
    /// <summary>The best candidate's score.</summary>
    public double BestScore { get; } = bestScore;

    /// <summary>The score from which on a candidate is a face.</summary>
    public double Threshold { get; } = threshold;
}
