using IpGan.Tests;
using IpGan.Training.Data;

namespace IpGan.Training.Tests;

internal static class TinyDataSetFaces
{
    public static TrainingFaces Load(this TinyDataSet data, int size = 32)
    {
        var table = FaceTable.Open(data.Folder);
        return new TrainingFaces(table, PackedFaces.Open(table, size, Path.Combine(data.Folder, "cache")));
    }
}
