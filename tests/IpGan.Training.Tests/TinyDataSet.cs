using IpGan.Imaging;

namespace IpGan.Tests;

/// <summary>A folder of small drawn pictures: each person has a colour, each pose shifts a bright disc.</summary>
public sealed class TinyDataSet : IDisposable
{
    public TinyDataSet(int people = 6, int pictures = 4, int size = 32)
    {
        Directory.CreateDirectory(Folder);
        var lines = new List<string> { "path,identity,split,view,yaw,pitch,roll" };
        for (var person = 0; person < people; person++)
        {
            Directory.CreateDirectory(Path.Combine(Folder, $"p{person}"));
            for (var k = 0; k < pictures; k++)
            {
                var yaw = -60 + 120 * k / (pictures - 1);
                File.WriteAllBytes(Path.Combine(Folder, $"p{person}", $"{k}.png"), PictureEncoder.PngRgb(Draw(person, yaw, size), size, size));
                var view = Math.Abs(yaw) < 30 ? "frontal" : "profile";
                lines.Add($"p{person}/{k}.png,p{person},{(person < people - 2 ? "train" : "validation")},{view},{yaw},0,0");
            }
        }
        File.WriteAllLines(Csv, lines);
    }

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"ipgan-faces-{Guid.NewGuid():N}");

    public string Csv => Path.Combine(Folder, "faces.csv");

    /// <summary>Adds columns to the table; <paramref name="values"/> is asked for each line, the first picture's being line 2.</summary>
    public void AddColumns(string names, Func<int, string> values) =>
        File.WriteAllLines(Csv, [.. File.ReadAllLines(Csv).Select((text, i) => $"{text},{(i == 0 ? names : values(i + 1))}")]);

    /// <summary>Adds a random descriptor for each picture.</summary>
    public void AddDescriptors()
    {
        AddColumns("descriptor_row", line => (line - 2).ToString(System.Globalization.CultureInfo.InvariantCulture));
        var random = new Random(2);
        var rows = File.ReadAllLines(Csv).Length - 1;
        File.WriteAllBytes(Path.Combine(Folder, "descriptors.f32"), System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>([.. Enumerable.Range(0, rows * 128).Select(_ => random.NextSingle())]));
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static byte[] Draw(int person, int yaw, int size)
    {
        var rgb = new byte[size * size * 3];
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                var centre = size / 2.0 + yaw / 90.0 * size / 3;
                var inside = Math.Pow(x - centre, 2) + Math.Pow(y - size / 2.0, 2) < size * size / 16.0;
                for (var c = 0; c < 3; c++)
                {
                    rgb[(y * size + x) * 3 + c] = (byte)(inside ? 220 - 20 * c : 30 + (person * 37 + c * 53) % 120);
                }
            }
        }
        return rgb;
    }
}
