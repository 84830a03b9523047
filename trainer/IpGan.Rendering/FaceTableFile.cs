using System.Globalization;
using IpGan.Imaging;
using IpGan.Rendering.Views;
using nietras.SeparatedValues;

namespace IpGan.Rendering;

/// <summary>A line of <c>faces.csv</c>.</summary>
internal sealed record FaceRow(string Path, string Identity, bool HeldOut, HeadPose Pose, PicturePoint Sellion, PicturePoint Mouth);

/// <summary>
/// <c>faces.csv</c>, with the columns that all data sets have, and <c>side</c>, the pictures' side in pixels, which the others are counted in.
/// </summary>
internal static class FaceTableFile
{
    // Names of views, as in the data set CFP.
    private const float FrontalUpTo = 15;
    private const float ProfileFrom = 30;

    /// <summary>Every twentieth person is never trained on.</summary>
    public static bool IsHeldOut(int number) => number % 20 == 19;

    /// <summary>Writes the table, whole or not at all.</summary>
    public static void Write(string path, int size, IEnumerable<FaceRow> rows)
    {
        var temporary = path + ".part";
        using (var writer = Sep.New(',').Writer(o => o with { CultureInfo = CultureInfo.InvariantCulture }).ToFile(temporary))
        {
            foreach (var row in rows)
                Write(writer, size, row);
        }
        File.Move(temporary, path, overwrite: true);
    }

    private static void Write(SepWriter writer, int size, FaceRow face)
    {
        using var row = writer.NewRow();
        row["path"].Set(face.Path);
        row["source"].Set("makehuman");
        row["identity"].Set(face.Identity);
        row["split"].Set(face.HeldOut ? "validation" : "train");
        row["view"].Set(Math.Abs(face.Pose.Yaw) switch { <= FrontalUpTo => "frontal", >= ProfileFrom => "profile", _ => "any" });
        Set(row, "yaw", face.Pose.Yaw);
        Set(row, "pitch", face.Pose.Pitch);
        Set(row, "roll", face.Pose.Roll);
        Set(row, "sellion_x", face.Sellion.X);
        Set(row, "sellion_y", face.Sellion.Y);
        Set(row, "mouth_x", face.Mouth.X);
        Set(row, "mouth_y", face.Mouth.Y);
        row["valid_left"].Format(0);
        row["valid_top"].Format(0);
        row["valid_right"].Format(size);
        row["valid_bottom"].Format(size);
        row["source_side"].Format(size);
        row["descriptor_row"].Format(-1);
        row["side"].Format(size);
    }

    private static void Set(in SepWriter.Row row, string column, float value) => row[column].Set(value.ToString("0.##", CultureInfo.InvariantCulture));
}
