using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using IpGan.Imaging;

namespace IpGan.Training.Data;

/// <summary>How a head is held, in degrees; the sign rules are those of <c>Angles</c> in the contracts.</summary>
public readonly record struct HeadAngles(float Yaw, float Pitch, float Roll)
{
    /// <summary>The angles of the mirrored picture.</summary>
    public HeadAngles Mirrored => new(-Yaw, Pitch, -Roll);
}

/// <summary>One picture of a data set, cut by the crop rule.</summary>
public sealed record Face
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Who.</summary>
    public required string Identity { get; init; }

    /// <summary>True for people who are never trained on.</summary>
    public required bool Validation { get; init; }

    /// <summary>True for pictures that the data set calls frontal.</summary>
    public bool Frontal { get; init; }

    /// <summary>True for pictures that the data set calls profile.</summary>
    public bool Profile { get; init; }

    /// <summary>True for pictures that are no photos (<see cref="TurnedViews"/>, <see cref="BlendedFaces"/>): encoders learn from them, and nothing else does.</summary>
    public bool Drawn { get; init; }

    /// <summary>Estimated or true; null where the data set has none.</summary>
    public HeadAngles? Angles { get; init; }

    /// <summary>The part of the picture inside the photo, as fractions of the side: left, top, right, bottom.</summary>
    public (float Left, float Top, float Right, float Bottom) Valid { get; init; } = (0, 0, 1, 1);

    /// <summary>Where the face is, in fractions of the side; null where the data set does not say.</summary>
    public FacePlace? Place { get; init; }

    /// <summary>Row in the descriptors, −1 if none.</summary>
    public int DescriptorRow { get; init; } = -1;

    /// <summary>Which data set of a mix it is from, counted from 0.</summary>
    public int Set { get; init; }
}

/// <summary>A data set's table: which pictures there are, of whom, and what is known of them.</summary>
public sealed class FaceTable
{
    /// <summary>Numbers in a descriptor.</summary>
    public const int DescriptorLength = 128;

    private static readonly string[] PictureExtensions = [".jpg", ".jpeg", ".png", ".webp"];

    private IReadOnlyDictionary<string, string>? _overlap;
    private string? _peopleMark;

    private FaceTable(string folder, IReadOnlyList<Face> faces, float[] descriptors)
    {
        Folder = folder;
        Faces = faces;
        Descriptors = descriptors;
    }

    /// <summary>Where the data set lies.</summary>
    public string Folder { get; }

    /// <summary>All pictures, in the table's order.</summary>
    public IReadOnlyList<Face> Faces { get; }

    /// <summary>128 numbers a row, from an independent recogniser; empty if the data set has none.</summary>
    public float[] Descriptors { get; }

    /// <summary>Tells the people that are trained on, photos only and of the first set in a mix, from any others: a hash of their names. Made pictures beside them change nothing.</summary>
    public string PeopleMark
    {
        get => _peopleMark ??= Mark(Encoding.UTF8.GetBytes(string.Join('\n', Faces.Where(f => f is { Validation: false, Drawn: false }).Select(f => f.Identity).Distinct().Order(StringComparer.Ordinal))));
        private init => _peopleMark = value;
    }

    /// <summary>Tells the descriptors from any others; empty where there are none.</summary>
    public string DescriptorsMark => Descriptors.Length == 0 ? "" : Mark(MemoryMarshal.AsBytes<float>(Descriptors));

    /// <summary>Validation people who are trained on all the same, under another name (<see cref="SplitOverlap"/>).</summary>
    internal IReadOnlyDictionary<string, string> Overlap => _overlap ??= SplitOverlap.Find(this);

    /// <summary>What the table may tell.</summary>
    public Supervision Supervision { get; private init; } = Supervision.IdentityAndPose;

    /// <summary>
    /// Several data sets as one. People of different sets are different people, whatever their names; descriptors may come with the first set only.
    /// </summary>
    /// <exception cref="DataSetException">Another set than the first one has descriptors.</exception>
    public static FaceTable Mix(IReadOnlyList<FaceTable> tables)
    {
        if (tables.Count == 1)
        {
            return tables[0];
        }
        if (tables.Skip(1).FirstOrDefault(t => t.Descriptors.Length > 0) is { } second)
        {
            throw new DataSetException($"'{second.Folder}' has a descriptors.f32; in a mix only the first data set may have one.");
        }
        var faces = tables.SelectMany((t, set) => t.Faces.Select(f => set == 0 ? f : f with { Set = set, Identity = $"{set}:{f.Identity}" }));
        return new FaceTable(tables[0].Folder, [.. faces], tables[0].Descriptors) { Supervision = tables.Max(t => t.Supervision), PeopleMark = tables[0].PeopleMark };
    }

    /// <summary>The descriptor of a face.</summary>
    public ReadOnlySpan<float> Descriptor(Face face) => Descriptors.AsSpan(face.DescriptorRow * DescriptorLength, DescriptorLength);

    /// <summary>The mean descriptor of faces that have one.</summary>
    public float[] MeanDescriptor(IReadOnlyCollection<Face> faces)
    {
        var mean = new float[DescriptorLength];
        foreach (var face in faces)
        {
            TensorPrimitives.Add<float>(mean, Descriptor(face), mean);
        }
        TensorPrimitives.Divide<float>(mean, faces.Count, mean);
        return mean;
    }

    /// <summary>
    /// Reads a folder with a <c>faces.csv</c> (and <c>descriptors.f32</c>), or a plain folder <c>PERSON/PICTURE.jpg</c>, of whose people
    /// every twentieth (by a hash of the name) is kept for validation.
    /// </summary>
    /// <exception cref="DataSetException">What is wrong, with file and line.</exception>
    public static FaceTable Open(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DataSetException($"There is no folder '{folder}'. Give one with a faces.csv, or one with PERSON/PICTURE.jpg.");
        }
        var csv = Path.Combine(folder, "faces.csv");
        var descriptors = ReadDescriptors(Path.Combine(folder, "descriptors.f32"));
        var faces = File.Exists(csv) ? FaceCsv.Read(csv, descriptors.Length / DescriptorLength) : ReadFolders(folder);
        if (!faces.Any(f => !f.Validation))
        {
            throw new DataSetException($"'{folder}' has no picture to train on: all {faces.Count} belong to validation people.");
        }
        return new FaceTable(folder, faces, descriptors);
    }

    /// <summary>
    /// The same pictures with only what <paramref name="supervision"/> allows to be known of them. With <see cref="Supervision.None"/> every picture is a
    /// person of its own.
    /// </summary>
    public FaceTable Under(Supervision supervision) => supervision switch
    {
        Supervision.IdentityAndPose => this,
        Supervision.Identity => new FaceTable(Folder, [.. Faces.Select(f => f with { Angles = null })], Descriptors) { Supervision = supervision, PeopleMark = PeopleMark },
        _ => new FaceTable(
            Folder,
            // Who drew them knew more.
            [.. Faces.Where(f => !f.Drawn).Select((f, i) => f with
            {
                Identity = $"picture {i}", Angles = null, DescriptorRow = -1, Frontal = false, Profile = false,
            })],
            [])
        { Supervision = supervision, PeopleMark = PeopleMark },
    };

    internal static string Mark(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];

    private static List<Face> ReadFolders(string folder)
    {
        var faces = PicturesByPerson(folder).Select(p => new Face { Path = p.File, Identity = p.Identity, Validation = IsHeldOut(p.Identity) }).ToList();
        return faces.Count > 0
            ? faces
            : throw new DataSetException($"'{folder}' has neither a faces.csv nor pictures as PERSON/PICTURE.jpg (or .png, .webp).");
    }

    /// <summary>The pictures of a folder PERSON/PICTURE, in a fixed order.</summary>
    /// <exception cref="DataSetException">There is no such folder.</exception>
    internal static IReadOnlyList<(string Identity, string File)> PicturesByPerson(string folder) => Directory.Exists(folder)
        ? [.. from person in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal)
              from file in Directory.EnumerateFiles(person).Order(StringComparer.Ordinal)
              where PictureExtensions.Contains(Path.GetExtension(file).ToLowerInvariant())
              select (Path.GetFileName(person), file)]
        : throw new DataSetException($"There is no folder '{folder}'.");

    // FNV-1a: the same people are held out on every machine, however many others are added.
    internal static bool IsHeldOut(string identity) => identity.Aggregate(2166136261u, (hash, c) => (hash ^ c) * 16777619u) % 20 == 0;

    private static float[] ReadDescriptors(string path)
    {
        if (!File.Exists(path))
        {
            return [];
        }
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length % (DescriptorLength * sizeof(float)) != 0)
        {
            throw new DataSetException($"'{path}' has {bytes.Length} bytes, which is no whole number of rows of {DescriptorLength} float32.");
        }
        var values = new float[bytes.Length / sizeof(float)];
        Buffer.BlockCopy(bytes, 0, values, 0, bytes.Length);
        var broken = Array.FindIndex(values, v => !float.IsFinite(v));
        return broken < 0
            ? values
            : throw new DataSetException($"'{path}': row {broken / DescriptorLength} (counted from 0) holds {values[broken]}; descriptors must be finite.");
    }
}

/// <summary>A data set that cannot be used; the message says why and what would be right.</summary>
public class DataSetException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A data set is to be written where something is already.</summary>
public sealed class FolderNotEmptyException(string message) : DataSetException(message);
