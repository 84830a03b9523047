namespace IpGan.Training.Finding;

/// <summary>Faces of one range of sizes.</summary>
/// <param name="From">Side of the square in pixels, at least.</param>
/// <param name="To">Below this.</param>
/// <param name="Faces">How many there are.</param>
/// <param name="Recall">Share that was found.</param>
public sealed record FinderSizeBin(int From, int To, int Faces, double Recall);

/// <summary>Found faces of one range of yaw.</summary>
/// <param name="From">|yaw| in degrees, at least.</param>
/// <param name="To">Below this.</param>
/// <param name="Faces">How many were found.</param>
/// <param name="PointError">Mean distance of the two points from where they are, in fractions of S.</param>
/// <param name="YawError">Mean error of the yaw, degrees.</param>
public sealed record FinderYawBin(int From, int To, int Faces, double PointError, double YawError);

/// <summary>How a face finder does on composed scenes of people that it was never trained on. A face is found when squares overlap with IoU 0.5 or more.</summary>
/// <param name="Scenes">Scenes measured.</param>
/// <param name="Threshold">The score with the best harmonic mean of recall and precision.</param>
/// <param name="Recall">Share of the faces of 24 pixels or more that were found, at the threshold.</param>
/// <param name="Precision">Share of what was found that is a face.</param>
/// <param name="PointError">Mean distance of the two points from where they are, in fractions of S.</param>
/// <param name="Sizes">Recall by size.</param>
/// <param name="Yaws">Errors by yaw.</param>
public sealed record FinderReport(
    int Scenes, double Threshold, double Recall, double Precision, double PointError, IReadOnlyList<FinderSizeBin> Sizes, IReadOnlyList<FinderYawBin> Yaws)
{
    /// <summary>Verification with given and with found squares; null where it was not measured.</summary>
    public FoundSquares? Squares { get; init; }
}

/// <summary>The same pairs of photos verified by one identity encoder, with squares as the data set gives them and as the finder finds them.</summary>
/// <param name="Found">Share of the photos in which a face was found; the others keep the given square.</param>
/// <param name="GivenFrontal">Frontal against frontal, given squares.</param>
/// <param name="FoundFrontal">The same, found squares.</param>
/// <param name="GivenProfile">Frontal against profile, given squares.</param>
/// <param name="FoundProfile">The same, found squares.</param>
public sealed record FoundSquares(
    double Found, Evaluation.Verification GivenFrontal, Evaluation.Verification FoundFrontal, Evaluation.Verification GivenProfile, Evaluation.Verification FoundProfile);
