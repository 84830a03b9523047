using System.Globalization;
using System.Runtime.InteropServices;
using IpGan.Imaging;
using nietras.SeparatedValues;
using static TorchSharp.torch;

namespace IpGan.Training.Data;

/// <summary>A picture that is no photo, as a row of the table.</summary>
/// <param name="Like">The face whose row it has, but for what follows.</param>
/// <param name="Source">How it was made.</param>
/// <param name="Identity">Whom it shows.</param>
/// <param name="Angles">How the head is held; null: as in the row.</param>
/// <param name="Descriptor">What the recogniser sees in it; null: it was not asked.</param>
internal sealed record MadePicture(int Like, string Source, string Identity, HeadAngles? Angles = null, float[]? Descriptor = null);

/// <summary>
/// A new data set: the pictures of another one where they lie, and beside them some that were made for the encoders. It counts once its table is written, which is done last.
/// </summary>
internal sealed class MadePictures : IDisposable
{
    private const int Quality = 92;
    private const string TableName = "faces.csv";
    private const string DescriptorsName = "descriptors.f32";
    private static readonly string[] ToldBy = ["view", "descriptor_row"];

    private readonly FaceTable _table;
    private readonly string _output;
    private readonly string _folder;
    private readonly List<MadePicture> _made = [];
    private readonly IReadOnlyDictionary<int, float[]>? _described;
    private readonly FileStream? _descriptors;
    private int _descriptorRows;

    /// <summary>Starts one.</summary>
    /// <param name="table">The data set that is extended.</param>
    /// <param name="output">The new one's folder; must not be there, or be empty.</param>
    /// <param name="folder">Where in it the pictures go.</param>
    /// <param name="described">Descriptors of faces by their number, instead of those that the data set has; null: those stay.</param>
    /// <exception cref="DataSetException">The output is in use.</exception>
    public MadePictures(FaceTable table, string output, string folder, IReadOnlyDictionary<int, float[]>? described = null)
    {
        (_table, _output, _folder, _described) = (table, output, folder, described);
        PhotoPreparation.CheckEmpty(output);
        Directory.CreateDirectory(Path.Combine(output, folder));
        if (described is not null)
        {
            _descriptors = File.Create(Path.Combine(output, DescriptorsName));
        }
        else if (table.Descriptors.Length > 0)
        {
            _descriptors = File.Create(Path.Combine(output, DescriptorsName));
            _descriptors.Write(MemoryMarshal.AsBytes<float>(table.Descriptors));
            _descriptorRows = table.Descriptors.Length / FaceTable.DescriptorLength;
        }
    }

    /// <summary>Whether a table has rows to extend.</summary>
    public static bool CanExtend(FaceTable table) => File.Exists(Path.Combine(table.Folder, TableName));

    /// <summary>Pictures so far.</summary>
    public int Count => _made.Count;

    /// <summary>Adds pictures [N, 3, S, S] in [−1, 1].</summary>
    public void Add(Tensor pictures, Func<int, MadePicture> describe)
    {
        var (count, size, first) = ((int)pictures.shape[0], (int)pictures.shape[2], _made.Count);
        var rgb = FaceBatch.Rgb(pictures);
        var length = size * size * 3;
        // A GPU draws them faster than one core writes them.
        Cores.For(count, i =>
            File.WriteAllBytes(Path.Combine(_output, PathOf(first + i)), PictureEncoder.JpegRgb(rgb.AsSpan(i * length, length), size, size, Quality)));
        for (var i = 0; i < count; i++)
        {
            _made.Add(describe(i));
            if (_made[^1].Descriptor is { } descriptor)
            {
                _descriptors!.Write(MemoryMarshal.AsBytes<float>(descriptor));
            }
        }
    }

    /// <summary>Writes the table.</summary>
    public void WriteTable()
    {
        var csv = Path.Combine(_table.Folder, TableName);
        var target = Path.Combine(_output, TableName);
        using (var reader = Sep.Reader(o => o with { Unescape = true }).FromFile(csv))
        using (var writer = Sep.New(',').Writer(o => o with { Escape = true, CultureInfo = CultureInfo.InvariantCulture }).ToFile($"{target}.part"))
        {
            // Made pictures are told by columns that a table may do without.
            var columns = reader.Header.ColNames.ToList();
            string[] added = [.. ToldBy.Except(columns)];
            var rows = new List<string[]>();
            foreach (var row in reader)
            {
                var values = new string[columns.Count];
                for (var c = 0; c < values.Length; c++)
                {
                    values[c] = row[c].ToString();
                }
                rows.Add([.. values, .. added.Select(column => column == "view" ? "any" : "-1")]);
            }
            columns.AddRange(added);
            void Write(string[] values, Func<string, string?> replaced)
            {
                using var row = writer.NewRow();
                for (var c = 0; c < columns.Count; c++)
                {
                    row[columns[c]].Set(replaced(columns[c]) ?? values[c]);
                }
            }
            foreach (var (values, number) in rows.Select((v, i) => (v, i)))
            {
                var path = Path.GetRelativePath(_output, Path.Combine(_table.Folder, values[columns.IndexOf("path")]));
                Write(values, column => column switch
                {
                    "path" => path,
                    "descriptor_row" when _described is not null => Describe(number).ToString(CultureInfo.InvariantCulture),
                    _ => null,
                });
            }
            foreach (var (made, number) in _made.Select((m, i) => (m, i)))
            {
                string? Number(float? value) => value?.ToString("F1", CultureInfo.InvariantCulture);
                Write(rows[made.Like], column => column switch
                {
                    "path" => PathOf(number),
                    "source" => made.Source,
                    "identity" => made.Identity,
                    "split" => "train",
                    "view" => "drawn",
                    "yaw" => Number(made.Angles?.Yaw),
                    "pitch" => Number(made.Angles?.Pitch),
                    "roll" => Number(made.Angles?.Roll),
                    "descriptor_row" => (made.Descriptor is null ? -1 : _descriptorRows++).ToString(CultureInfo.InvariantCulture),
                    _ => null,
                });
            }
        }
        _descriptors?.Dispose();
        File.Move($"{target}.part", target);
    }

    /// <inheritdoc />
    public void Dispose() => _descriptors?.Dispose();

    // The row that a face's new descriptor is written to; −1 if it has none.
    private int Describe(int face)
    {
        if (!_described!.TryGetValue(face, out var descriptor))
        {
            return -1;
        }
        _descriptors!.Write(MemoryMarshal.AsBytes<float>(descriptor));
        return _descriptorRows++;
    }

    private string PathOf(int number) => $"{_folder}/{number:D6}.jpg";
}
