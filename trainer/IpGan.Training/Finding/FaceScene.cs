using IpGan.Imaging;

namespace IpGan.Training.Finding;

/// <summary>A composed photo: faces in known places.</summary>
/// <param name="Side">Pixels a side.</param>
/// <param name="Pixels">[3, Side, Side] in [−1, 1].</param>
/// <param name="Faces">Every face in it, in pixels.</param>
public sealed record FaceScene(int Side, float[] Pixels, IReadOnlyList<FacePlace> Faces);
