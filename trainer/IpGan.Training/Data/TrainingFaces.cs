using System.Numerics.Tensors;
using System.Text;

namespace IpGan.Training.Data;

/// <summary>A picture to be put into a batch: its number in the table, and whether it is mirrored.</summary>
public readonly record struct FaceDraw(int Index, bool Mirror);

/// <summary>
/// Draws pictures of the people that are trained on. Yaw is balanced: a bin of |yaw| is drawn first, then a picture in it, or profiles would
/// be rare. People are never split between training and validation.
/// </summary>
public sealed class TrainingFaces
{
    /// <summary>Numbers in a teacher vector.</summary>
    public const int TeacherDimension = FaceTable.DescriptorLength;

    /// <summary>|yaw| in degrees from where on a face counts as turned.</summary>
    internal const float Turned = 28;

    // How often encoders see a blend, where there are any.
    private const double ShareOfBlends = 0.5;

    // |yaw| in degrees up to which a bin reaches, and how often it is drawn.
    private static readonly (float Limit, double Share)[] YawBins = [(15, 0.30), (30, 0.25), (50, 0.20), (181, 0.25)];

    private readonly Dictionary<string, int> _labels = [];
    private readonly Dictionary<string, List<int>> _byPerson = [];
    private readonly Dictionary<string, float[]> _teachers = [];
    private readonly Dictionary<int, float[]> _ownTeachers = [];
    private readonly List<(double Cumulative, List<int> Members)> _bins = [];
    private readonly List<(double Cumulative, List<int> Members)> _encoderBins = [];
    private readonly List<(double Cumulative, List<int> Members)> _pairedBins = [];
    private readonly List<(double Cumulative, List<int> Members)> _blendBins = [];

    /// <summary>Prepares the draws.</summary>
    /// <param name="table">The pictures; of several sets, if it is a mix.</param>
    /// <param name="packed">Their pixels.</param>
    /// <param name="shares">How often a picture of each set is drawn; they sum to 1. Null: the table is a single set.</param>
    public TrainingFaces(FaceTable table, PackedFaces packed, IReadOnlyList<double>? shares = null)
    {
        Table = table;
        Packed = packed;
        shares ??= [1];
        var (drawn, blended) = (new List<int>(), new List<int>());
        for (var i = 0; i < table.Faces.Count; i++)
        {
            if (table.Faces[i].Validation)
            {
                continue;
            }
            if (table.Faces[i].Drawn)
            {
                // What has a descriptor of its own is a blend.
                (table.Faces[i].DescriptorRow >= 0 ? blended : drawn).Add(i);
            }
            else
            {
                if (!_byPerson.TryGetValue(table.Faces[i].Identity, out var list))
                {
                    _byPerson.Add(table.Faces[i].Identity, list = []);
                }
                list.Add(i);
            }
        }
        var seenTwice = drawn.Select(i => table.Faces[i].Identity).ToHashSet();
        foreach (var person in _byPerson.Where(p => p.Value.Count > 1 || seenTwice.Contains(p.Key)))
        {
            _labels.Add(person.Key, _labels.Count);
        }
        FillBins(_bins, shares, Indices);
        FillBins(_encoderBins, shares, Indices.Concat(drawn));
        FillBins(_pairedBins, shares, _byPerson.Values.Where(v => v.Count > 1).SelectMany(v => v));
        FillBins(_blendBins, shares, blended);
        ComputeTeachers(blended);
    }

    /// <summary>The table.</summary>
    public FaceTable Table { get; }

    /// <summary>Its pictures.</summary>
    public PackedFaces Packed { get; }

    /// <summary>People with at least two pictures, drawn ones among them: the classes of the identity loss.</summary>
    public int Classes => _labels.Count;

    /// <summary>Tells those people, in the order of their labels, from any others: a hash of their names.</summary>
    public string PeopleMark => FaceTable.Mark(Encoding.UTF8.GetBytes(string.Join('\n', _labels.OrderBy(l => l.Value).Select(l => l.Key))));

    /// <summary>Pictures that are trained on, but for drawn ones.</summary>
    public IEnumerable<int> Indices => _byPerson.Values.SelectMany(v => v);

    /// <summary>The person's class, −1 for people of a single picture.</summary>
    public int Label(int index) => _labels.GetValueOrDefault(Table.Faces[index].Identity, -1);

    /// <summary>True if the data set teaches identities.</summary>
    public bool HasTeachers => _teachers.Count > 0;

    /// <summary>What was taken off photos' descriptors; null if there are none.</summary>
    public TeacherMeans? TeacherMeans { get; private set; }

    /// <summary>The picture's teacher vector, unit length, or null; where the teacher has not seen the picture itself, the person's.</summary>
    public float[]? Teacher(int index) => _ownTeachers.GetValueOrDefault(index) ?? _teachers.GetValueOrDefault(Table.Faces[index].Identity);

    /// <summary>What is taught of so many pictures as encoders draw them, [rows, 128] row by row; nothing of those that are not taught.</summary>
    public float[] DrawTeachers(Random random, int draws) =>
        [.. Enumerable.Range(0, draws).Select(_ => Teacher(DrawForEncoders(random).Index)).OfType<float[]>().SelectMany(t => t)];

    /// <summary>A picture of anybody, yaw balanced, mirrored half of the time.</summary>
    public FaceDraw DrawAny(Random random) => new(Draw(_bins, random), random.Next(2) == 0);

    /// <summary>The same for encoders, who learn from drawn pictures, too; half of the time from blends, if there are any.</summary>
    public FaceDraw DrawForEncoders(Random random) =>
        new(Draw(_blendBins.Count > 0 && random.NextDouble() < ShareOfBlends ? _blendBins : _encoderBins, random), random.Next(2) == 0);

    /// <summary>
    /// Two pictures of one person: the second yaw balanced, the first any other one. With probability <paramref name="singleShare"/> the person is anybody,
    /// and may have one picture only; then the first is the second one mirrored. Where nobody has two pictures, that goes for all.
    /// </summary>
    public (FaceDraw A, FaceDraw B) DrawPair(Random random, double singleShare)
    {
        var second = new FaceDraw(Draw(random.NextDouble() < singleShare || _pairedBins.Count == 0 ? _bins : _pairedBins, random), random.Next(2) == 0);
        var all = _byPerson[Table.Faces[second.Index].Identity];
        if (all.Count == 1)
        {
            return (new FaceDraw(second.Index, !second.Mirror), second);
        }
        int first;
        do
        {
            first = all[random.Next(all.Count)];
        }
        while (first == second.Index);
        return (new FaceDraw(first, random.Next(2) == 0), second);
    }

    /// <summary>The kinds of described pictures, each of which has a mean descriptor of its own.</summary>
    internal static (bool Blend, bool Turned) Kind(Face face) => (face.Drawn, face.Profile || Math.Abs(face.Angles?.Yaw ?? 0) >= Turned);

    private void FillBins(List<(double, List<int>)> bins, IReadOnlyList<double> shares, IEnumerable<int> indices)
    {
        // Pictures without angles go to the first bin.
        var members = indices.ToLookup(i => (Table.Faces[i].Set, Bin: Array.FindIndex(YawBins, b => Math.Abs(Table.Faces[i].Angles?.Yaw ?? 0) < b.Limit)));
        var sets = Enumerable.Range(0, shares.Count).Where(set => members.Any(m => m.Key.Set == set)).ToList();
        var all = sets.Sum(set => shares[set]);
        double sum = 0;
        foreach (var set in sets)
        {
            var filled = Enumerable.Range(0, YawBins.Length).Where(b => members[(set, b)].Any()).ToList();
            var total = filled.Sum(b => YawBins[b].Share);
            foreach (var bin in filled)
            {
                sum += shares[set] / all * YawBins[bin].Share / total;
                bins.Add((sum, members[(set, bin)].ToList()));
            }
        }
    }

    private static int Draw(List<(double Cumulative, List<int> Members)> bins, Random random)
    {
        var u = random.NextDouble();
        var bin = bins.FindIndex(b => u < b.Cumulative);
        var members = bins[bin < 0 ? bins.Count - 1 : bin].Members;
        return members[random.Next(members.Count)];
    }

    // What a picture teaches lies half-way between what the teacher saw in it and what it sees of the person from the front: the first can be learnt from the picture, the second holds for
    // all views. Each kind of view has a mean of its own, which says nothing of the person and is taken off.
    private void ComputeTeachers(List<int> blended)
    {
        var described = Indices.Where(i => Table.Faces[i].DescriptorRow >= 0).ToList();
        if (Table.Descriptors.Length == 0 || described.Count == 0)
        {
            return;
        }
        (bool Blend, bool Turned) Kind(int i) => TrainingFaces.Kind(Table.Faces[i]);
        var means = described.Concat(blended).GroupBy(Kind).ToDictionary(g => g.Key, g => Table.MeanDescriptor([.. g.Select(i => Table.Faces[i])]));
        double Yaw(bool turned) => described.Where(i => Kind(i).Turned == turned && Table.Faces[i].Angles is not null).Select(i => Math.Abs((double)Table.Faces[i].Angles!.Value.Yaw))
            .DefaultIfEmpty(turned ? 90 : 0).Average();
        var front = means.GetValueOrDefault((false, false)) ?? means[(false, true)];
        TeacherMeans = new TeacherMeans(front, Math.Min(Yaw(false), Turned - 1), means.GetValueOrDefault((false, true)) ?? front, Math.Max(Yaw(true), Turned));
        float[] Own(int i)
        {
            var own = Table.Descriptor(Table.Faces[i]).ToArray();
            TensorPrimitives.Subtract<float>(own, means[Kind(i)], own);
            return own;
        }
        foreach (var i in blended)
        {
            _ownTeachers.Add(i, Unit(Own(i)));
        }
        foreach (var (identity, indices) in _byPerson)
        {
            var own = indices.Where(i => Table.Faces[i].DescriptorRow >= 0).ToList();
            var frontal = own.Where(i => !Table.Faces[i].Profile).ToList();
            if (own.Count == 0)
            {
                continue;
            }
            var person = new float[TeacherDimension];
            foreach (var i in frontal.Count > 0 ? frontal : own)
            {
                TensorPrimitives.Add<float>(person, Own(i), person);
            }
            _teachers.Add(identity, Unit(person));
            foreach (var i in own)
            {
                var both = Unit(Own(i));
                TensorPrimitives.Add<float>(both, person, both);
                _ownTeachers.Add(i, Unit(both));
            }
        }
    }

    // Nothing stays nothing: the only picture of its kind is its mean.
    private static float[] Unit(float[] vector)
    {
        if (TensorPrimitives.Norm<float>(vector) is var norm and > 0)
        {
            TensorPrimitives.Divide<float>(vector, norm, vector);
        }
        return vector;
    }
}
