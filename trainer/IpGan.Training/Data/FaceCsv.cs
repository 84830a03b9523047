using System.Globalization;
using IpGan.Imaging;
using nietras.SeparatedValues;

namespace IpGan.Training.Data;

/// <summary>Reads a data set's <c>faces.csv</c>. Every complaint names the file and the line.</summary>
internal sealed class FaceCsv
{
    private static readonly string[] Required = ["path", "identity", "split"];
    // Columns that come together or not at all.
    private static readonly string[][] Groups = [["yaw", "pitch", "roll"], ["sellion_x", "sellion_y", "mouth_x", "mouth_y"], ["valid_left", "valid_top", "valid_right", "valid_bottom"]];

    private readonly string _csv;
    private readonly string _folder;
    private readonly int _descriptorRows;
    private readonly HashSet<string> _columns;
    private readonly Dictionary<string, (bool Validation, int Line)> _splits = [];

    private FaceCsv(string csv, int descriptorRows, IReadOnlyList<string> columns)
    {
        (_csv, _folder, _descriptorRows) = (csv, Path.GetDirectoryName(csv)!, descriptorRows);
        _columns = [.. columns];
        var missing = Required.Concat(Groups.Where(g => g.Any(_columns.Contains)).SelectMany(g => g)).FirstOrDefault(c => !_columns.Contains(c));
        if (missing is not null)
        {
            throw new DataSetException($"'{csv}', line 1: there is no column '{missing}'; there are {string.Join(", ", columns)}.");
        }
    }

    /// <summary>All pictures of the table.</summary>
    /// <param name="csv">The file.</param>
    /// <param name="descriptorRows">Rows that <c>descriptors.f32</c> has.</param>
    public static List<Face> Read(string csv, int descriptorRows)
    {
        var faces = new List<Face>();
        try
        {
            using var reader = Sep.Reader(o => o with { Unescape = true }).FromFile(csv);
            var table = new FaceCsv(csv, descriptorRows, reader.Header.ColNames);
            foreach (var row in reader)
            {
                faces.Add(table.ReadRow(row));
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or ArgumentException)
        {
            throw new DataSetException($"'{csv}' cannot be read: {e.Message.ReplaceLineEndings(" ")}", e);
        }
        return faces.Count > 0 ? faces : throw new DataSetException($"'{csv}' has a header but no pictures.");
    }

    private Face ReadRow(SepReader.Row row)
    {
        var split = OneOf(row, "split", "train", "validation");
        var identity = row["identity"].ToString();
        var path = row["path"].ToString();
        if (identity.Length == 0 || path.Length == 0)
        {
            throw Wrong(row, $"{(path.Length == 0 ? "path" : "identity")} is empty.");
        }
        var file = Path.Combine(_folder, path);
        if (!File.Exists(file))
        {
            throw Wrong(row, $"there is no picture '{path}'.");
        }
        var view = _columns.Contains("view") ? OneOf(row, "view", "any", "frontal", "profile", "drawn") : "any";
        HeadAngles? angles = _columns.Contains("yaw") && row["yaw"].Span.Length > 0
            ? new HeadAngles(Number(row, "yaw", -180, 180), Number(row, "pitch", -180, 180), Number(row, "roll", -180, 180))
            : null;
        var face = new Face
        {
            Path = file,
            Identity = identity,
            Validation = split == "validation",
            Frontal = view == "frontal",
            Profile = view == "profile",
            Drawn = view == "drawn",
            Angles = angles,
            Place = ReadPlace(row, angles?.Yaw ?? 0),
            Valid = ReadValid(row),
            DescriptorRow = ReadDescriptorRow(row),
        };
        if (!_splits.TryAdd(identity, (face.Validation, row.LineNumberFrom)) && _splits[identity] is var (validation, line) && validation != face.Validation)
        {
            throw Wrong(row, $"'{identity}' is in {split}, but in line {line} not; a person belongs to one of the two.");
        }
        return face;
    }

    private (float, float, float, float) ReadValid(SepReader.Row row)
    {
        if (!_columns.Contains("valid_left"))
        {
            return (0, 0, 1, 1);
        }
        var side = Side(row);
        var (left, top) = (Number(row, "valid_left", 0, side), Number(row, "valid_top", 0, side));
        var (right, bottom) = (Number(row, "valid_right", 0, side), Number(row, "valid_bottom", 0, side));
        return left < right && top < bottom
            ? (left / side, top / side, right / side, bottom / side)
            : throw Wrong(row, "the valid part is empty: left must be below right, and top below bottom.");
    }

    private FacePlace? ReadPlace(SepReader.Row row, float yaw)
    {
        if (!_columns.Contains("sellion_x") || row["sellion_x"].Span.Length == 0)
        {
            return null;
        }
        var side = Side(row);
        return new FacePlace(Point(row, "sellion", side), Point(row, "mouth", side), yaw);
    }

    private PicturePoint Point(SepReader.Row row, string name, float side) =>
        new(Number(row, $"{name}_x", -side, 2 * side) / side, Number(row, $"{name}_y", -side, 2 * side) / side);

    // The table counts in pixels of a 160 px picture unless it says otherwise.
    private float Side(SepReader.Row row) => _columns.Contains("side") ? Number(row, "side", 1, 1 << 16) : 160f;

    private int ReadDescriptorRow(SepReader.Row row)
    {
        if (!_columns.Contains("descriptor_row"))
        {
            return -1;
        }
        var text = row["descriptor_row"].ToString();
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) || value < -1)
        {
            throw Wrong(row, $"descriptor_row is '{text}'; it must be a row's number, or -1 for none.");
        }
        return value < _descriptorRows ? value : throw Wrong(row, $"descriptor_row is {value}, but descriptors.f32 has {_descriptorRows} rows, counted from 0.");
    }

    private string OneOf(SepReader.Row row, string column, params string[] allowed)
    {
        var text = row[column].ToString();
        return allowed.Contains(text) ? text : throw Wrong(row, $"{column} is '{text}'; it must be {string.Join(" or ", allowed)}.");
    }

    private float Number(SepReader.Row row, string column, float least, float most)
    {
        var text = row[column].Span;
        if (!float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !float.IsFinite(value))
        {
            throw Wrong(row, $"{column} is '{text}', which is not a number.");
        }
        return value >= least && value <= most
            ? value
            : throw Wrong(row, string.Create(CultureInfo.InvariantCulture, $"{column} is {value}; it must be {least} to {most}."));
    }

    private DataSetException Wrong(SepReader.Row row, string what) => new($"'{_csv}', line {row.LineNumberFrom}: {what}");
}
