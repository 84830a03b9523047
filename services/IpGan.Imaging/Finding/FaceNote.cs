namespace IpGan.Imaging;

/// <summary>What may make a face's vector worse than others.</summary>
public enum FaceNoteKind
{
    /// <summary>The face's square has fewer pixels than the network's picture.</summary>
    TooSmall,

    /// <summary>The face is out of focus, or moved.</summary>
    Blurred,

    /// <summary>A part of the square lies outside the photo.</summary>
    CutOff,

    /// <summary>There are others in the photo.</summary>
    SeveralFaces,
}

/// <summary>What may make a face's vector worse than others, in words that may be shown to the caller.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Words">A sentence.</param>
public readonly record struct FaceNote(FaceNoteKind Kind, string Words);
