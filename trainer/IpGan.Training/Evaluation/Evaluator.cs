using System.Numerics.Tensors;
using IpGan.Models;
using IpGan.Training.Data;
using IpGan.Training.Export;
using IpGan.Training.Networks;
using TorchSharp;

namespace IpGan.Training.Evaluation;

/// <summary>The same pairs otherwise: by the previous model, by an independent judge, or by this one of disturbed photos.</summary>
/// <param name="Name">Whose, or how disturbed.</param>
/// <param name="FrontalFrontal">The same pairs of frontal photos.</param>
/// <param name="FrontalProfile">The same pairs of a frontal photo and a profile.</param>
public sealed record OtherVerification(string Name, Verification FrontalFrontal, Verification FrontalProfile);

/// <summary>What a model is worth, on people that it never saw.</summary>
public sealed record EvaluationReport
{
    /// <summary>People measured.</summary>
    public required int People { get; init; }

    /// <summary>Validation people who were left out, as they are trained on under another name, which each is given with (<see cref="SplitOverlap"/>).</summary>
    public IReadOnlyDictionary<string, string> LeftOut { get; init; } = new Dictionary<string, string>();

    /// <summary>Frontal against frontal photos.</summary>
    public required Verification FrontalFrontal { get; init; }

    /// <summary>Frontal against profile photos.</summary>
    public required Verification FrontalProfile { get; init; }

    /// <summary>The data set's descriptors on the same frontal–frontal pairs; as far as both photos have one; null if none do.</summary>
    public Verification? TeacherFrontalFrontal { get; init; }

    /// <summary>The data set's descriptors on the same frontal–profile pairs; as far as both photos have one; null if none do.</summary>
    public Verification? TeacherFrontalProfile { get; init; }

    /// <summary>Rotation by target yaw; empty if the data set has no angles.</summary>
    public required IReadOnlyList<YawBinReport> Rotation { get; init; }

    /// <summary>The pose encoder against exact angles; empty without rendered heads.</summary>
    public IReadOnlyList<HeadAnglesBin> Heads { get; init; } = [];

    /// <summary>What comes when poses are asked for by their angles; empty if the data set has too few angles for a table.</summary>
    public IReadOnlyList<AskedYawBin> AskedYaw { get; init; } = [];

    /// <summary>How far drawn pictures are from photos; null with too few photos.</summary>
    public RealismReport? Realism { get; init; }

    /// <summary>Accuracy of a linear probe that guesses the person from the pose vector, on held-out photos.</summary>
    public required double IdentityFromPose { get; init; }

    /// <summary>
    /// The same from the photos' own angles: people hold their heads in ways of their own, and a pose vector that tells the angles tells at least that. Null if not every
    /// photo has angles.
    /// </summary>
    public double? IdentityFromAngles { get; init; }

    /// <summary>What guessing would give.</summary>
    public required double Chance { get; init; }

    /// <summary>
    /// Share of the variance of |yaw| that a linear probe reads out of the identity vector, on held-out photos; null if the data set has no angles. To which side a head is
    /// turned cannot be in it: the encoder answers a picture and its mirror image alike.
    /// </summary>
    public required double? TurnFromIdentity { get; init; }

    /// <summary>The same pairs as seen by others: the previous model, the independent judge.</summary>
    public IReadOnlyList<OtherVerification> Others { get; init; } = [];

    /// <summary>The same pairs by this model, with the second photo of each disturbed.</summary>
    public IReadOnlyList<OtherVerification> Disturbed { get; init; } = [];

    /// <summary>
    /// The same rotations by this model, by its baselines (the input copied, the previous model), and by each judge; all errors of yaw are read by this
    /// model's pose encoder.
    /// </summary>
    public IReadOnlyList<RotationReport> Comparisons { get; init; } = [];

    /// <summary>What the model's views are worth as training data; null if that was not asked.</summary>
    public AugmentationReport? Augmentation { get; init; }
}

/// <summary>Measures the averaged networks on the validation people of a table.</summary>
/// <param name="networks">The networks.</param>
/// <param name="faces">The data set.</param>
/// <param name="heads">Rendered heads, whose angles are exact; null: what needs them is left out.</param>
public sealed class Evaluator(NetworkSet networks, TrainingFaces faces, TrainingFaces? heads = null)
{
    /// <summary>What this model's rotations are called in <see cref="EvaluationReport.Comparisons"/>.</summary>
    public const string ThisModel = "this model";

    /// <summary>What its identity encoder is called there.</summary>
    public const string OwnEncoder = "own encoder";

    // Of two people: beyond, so many are drawn with a fixed seed.
    private const int MostPairs = 400_000;

    private readonly FaceVectors _vectors = new(networks, faces);

    // Before what takes long.
    private readonly TrainingFaces? _heads = heads is null || HeadAnglesReport.Pictures(heads).Count > 0 ? heads : throw HeadAnglesReport.NoPictures(heads);

    /// <summary>A baseline: an earlier model.</summary>
    public FaceModel? Previous { get; init; }

    /// <summary>Judges of rotations beside the model's own encoder.</summary>
    public IReadOnlyList<FaceJudge> Judges { get; init; } = [];

    /// <summary>The table from angles to pose vectors that is measured; fitted once, which takes a while.</summary>
    public PoseAnchors Anchors => field ??= AnchorFit.Fit(networks, faces, _heads);

    /// <summary>Runs all measurements.</summary>
    /// <exception cref="DataSetException">The table has too few frontal and profile photos of validation people.</exception>
    public EvaluationReport Run()
    {
        var table = faces.Table.Faces;
        var people = People(faces);
        var indices = people.SelectMany(p => p).ToList();
        var identities = indices.Zip(_vectors.Identities(indices)).ToDictionary(p => p.First, p => p.Second);
        var poses = indices.Zip(_vectors.Poses(indices)).ToDictionary(p => p.First, p => p.Second);

        var frontal = Pairs(people, i => table[i].Frontal, i => table[i].Frontal);
        var profile = Pairs(people, i => table[i].Frontal, i => table[i].Profile);
        double Own((int, int) p) => TensorPrimitives.Dot<float>(identities[p.Item1], identities[p.Item2]);
        double Teacher((int, int) p) => -TensorPrimitives.Distance<float>(
            faces.Table.Descriptor(table[p.Item1]), faces.Table.Descriptor(table[p.Item2]));
        // A few photos were too hard for the independent recogniser: its row is of the pairs that it has seen both sides of.
        var (frontalSeen, profileSeen) = (Described(frontal), Described(profile));
        var frontalProfile = Measure(profile, Own);
        using var model = FaceModel.Of(networks);
        using var ownJudge = FaceJudge.Of(model, OwnEncoder);
        using var previousJudge = Previous is null ? null : FaceJudge.Of(Previous, "previous");
        var judges = new List<RotationJudge> { new(ownJudge, frontalProfile.Threshold, identities) };
        var others = new List<OtherVerification>();
        foreach (var judge in Judges.Prepend(previousJudge).OfType<FaceJudge>())
        {
            var (set, verification) = Prepare(judge, indices, frontal, profile);
            others.Add(verification);
            // The encoder of an earlier model is no independent judge of rotations.
            if (judge != previousJudge)
            {
                judges.Add(set);
            }
        }
        var rotations = Rotate(model, people, identities, poses, judges);
        int[] whose = [.. indices.Select(i => people.FindIndex(p => p.Key == table[i].Identity))];
        return new EvaluationReport
        {
            People = people.Count,
            LeftOut = faces.Table.Overlap,
            FrontalFrontal = Measure(frontal, Own),
            FrontalProfile = frontalProfile,
            TeacherFrontalFrontal = frontalSeen.Same.Count > 0 && frontalSeen.Different.Count > 0 ? Measure(frontalSeen, Teacher) : null,
            TeacherFrontalProfile = profileSeen.Same.Count > 0 && profileSeen.Different.Count > 0 ? Measure(profileSeen, Teacher) : null,
            Heads = _heads is null ? [] : HeadAnglesReport.Measure(networks, _heads, Anchors),
            AskedYaw = AskedYawReport.Measure(_vectors, people.ConvertAll(p => identities[p.First(i => table[i].Frontal)]), Anchors),
            Realism = Evaluation.Realism.Measure(networks, faces, _heads),
            Rotation = rotations.Count > 0 ? rotations[0].Bins : [],
            IdentityFromPose = Probes.Classify([.. indices.Select(i => poses[i])], whose),
            IdentityFromAngles = indices.TrueForAll(i => table[i].Angles is not null)
                ? Probes.Classify([.. indices.Select(i => PoseEncoder.Units(table[i].Angles!.Value))], whose)
                : null,
            Chance = 1.0 / people.Count,
            TurnFromIdentity = TurnFromIdentity([.. indices.Where(i => table[i].Angles is not null)], identities),
            Others = others,
            Disturbed = [.. Disturbances.All.Select(d =>
            {
                var disturbed = PhotoVectors.Of(faces, indices, x => FaceVectors.Split(model.Identity(d.Change(x))));
                double Score((int, int) p) => TensorPrimitives.Dot<float>(identities[p.Item1], disturbed[p.Item2]);
                return new OtherVerification(d.Name, Measure(frontal, Score), Measure(profile, Score));
            })],
            Comparisons = rotations,
        };
    }

    private (List<(int, int)> Same, List<(int, int)> Different) Described((List<(int, int)> Same, List<(int, int)> Different) pairs)
    {
        bool Both((int First, int Second) p) => faces.Table.Faces[p.First].DescriptorRow >= 0 && faces.Table.Faces[p.Second].DescriptorRow >= 0;
        return (pairs.Same.FindAll(Both), pairs.Different.FindAll(Both));
    }

    /// <summary>The people who can be measured, with the numbers of their photos.</summary>
    internal static List<IGrouping<string, int>> People(TrainingFaces faces)
    {
        var people = Verifiable(faces);
        return people.Count > 1
            ? people
            : throw new DataSetException(
                $"Evaluation needs at least two validation people with two frontal photos and a profile each (column view); '{faces.Table.Folder}' has {people.Count}.");
    }

    /// <summary>Whether there are pairs to verify.</summary>
    public static bool HasPairs(TrainingFaces faces) => Verifiable(faces).Count > 1;

    private static List<IGrouping<string, int>> Verifiable(TrainingFaces faces)
    {
        var table = faces.Table.Faces;
        return [.. Enumerable.Range(0, table.Count).Where(i => table[i].Validation).GroupBy(i => table[i].Identity)
            .Where(g => !faces.Table.Overlap.ContainsKey(g.Key) && g.Count(i => table[i].Frontal) > 1 && g.Any(i => table[i].Profile))];
    }

    private double? TurnFromIdentity(List<int> posed, Dictionary<int, float[]> identities) => posed.Count < 4
        ? null
        : Probes.ExplainedVariance(posed.ConvertAll(i => identities[i]), posed.ConvertAll(i => Math.Abs(faces.Table.Faces[i].Angles!.Value.Yaw)));

    private Verification Measure((List<(int, int)> Same, List<(int, int)> Different) pairs, Func<(int, int), double> score) => Measure(faces, pairs, score);

    internal static Verification Measure(TrainingFaces faces, (List<(int, int)> Same, List<(int, int)> Different) pairs, Func<(int, int), double> score)
    {
        ScoredPair Scored((int First, int Second) p, bool same) =>
            new(score(p), same, faces.Table.Faces[p.First].Identity, faces.Table.Faces[p.Second].Identity);
        return Verification.Measure([.. pairs.Same.Select(p => Scored(p, true)), .. pairs.Different.Select(p => Scored(p, false))]);
    }

    /// <summary>Frontal against frontal photos, by identity vectors.</summary>
    internal static Verification FrontalPairs(TrainingFaces faces, List<IGrouping<string, int>> people, IReadOnlyDictionary<int, float[]> identities)
    {
        bool Frontal(int i) => faces.Table.Faces[i].Frontal;
        return Measure(faces, Pairs(people, Frontal, Frontal), p => TensorPrimitives.Dot<float>(identities[p.Item1], identities[p.Item2]));
    }

    // All pairs of one person and all of two people, each once: a sample of those is too few to say where 1 % of them are.
    internal static (List<(int, int)> Same, List<(int, int)> Different) Pairs(
        List<IGrouping<string, int>> people, Func<int, bool> first, Func<int, bool> second)
    {
        var pools = people.ConvertAll(p => (First: p.Where(first).ToList(), Second: p.Where(second).ToList()));
        // In one order, where both could be either.
        IEnumerable<(int, int)> Of(int i, int j) =>
            pools[i].First.SelectMany(_ => pools[j].Second, (a, b) => a > b && first(b) && second(a) ? (b, a) : (a, b)).Where(p => p.Item1 != p.Item2);
        var same = Enumerable.Range(0, pools.Count).SelectMany(i => Of(i, i)).Distinct().ToList();
        var all = pools.Sum(p => (long)p.First.Count) * pools.Sum(p => (long)p.Second.Count);
        if (all <= MostPairs)
        {
            return (same, [.. (from i in Enumerable.Range(0, pools.Count) from j in Enumerable.Range(0, pools.Count) where i != j from pair in Of(i, j) select pair).Distinct()]);
        }
        var random = new Random(1);
        var different = new List<(int, int)>();
        while (different.Count < MostPairs)
        {
            var (i, j) = (random.Next(pools.Count), random.Next(pools.Count));
            if (i != j && pools[i].First.Count > 0 && pools[j].Second.Count > 0)
            {
                different.Add((pools[i].First[random.Next(pools[i].First.Count)], pools[j].Second[random.Next(pools[j].Second.Count)]));
            }
        }
        return (same, different);
    }

    private List<RotationReport> Rotate(
        FaceModel own, List<IGrouping<string, int>> people, Dictionary<int, float[]> identities, Dictionary<int, float[]> poses,
        List<RotationJudge> judges)
    {
        var bins = RotationPlan.Create(faces.Table.Faces, people);
        if (bins.Count == 0)
        {
            return [];
        }
        var measure = new RotationMeasure(faces, bins, _vectors.AnglesIn);
        var reports = new List<RotationReport>(measure.Run(ThisModel, By(own, identities, poses), judges));
        reports.AddRange(measure.Run("input copied", jobs =>
        {
            using var photos = FaceBatch.Create(faces, [.. jobs.Select(j => new FaceDraw(j.Source, false))], torch.CPU);
            return photos.Pictures.clone();
        }, judges));
        if (Previous is { } previous)
        {
            var photos = people.SelectMany(p => p).ToList();
            reports.AddRange(measure.Run("previous", By(
                previous,
                PhotoVectors.Of(faces, photos, x => FaceVectors.Split(previous.Identity(x))),
                PhotoVectors.Of(faces, photos, x => FaceVectors.Split(previous.Pose(x)))), judges));
        }
        return reports;
    }

    private Func<IReadOnlyList<RotationJob>, torch.Tensor> By(FaceModel model, Dictionary<int, float[]> identities, Dictionary<int, float[]> poses) =>
        jobs => model.Draw(
            PhotoVectors.Rows(jobs.Select(j => identities[j.Source])), PhotoVectors.Rows(jobs.Select(j => poses[j.Reference])), faces.Packed.Size);

    // A judge must be set to its own threshold before it is asked.
    private (RotationJudge Judge, OtherVerification Verification) Prepare(FaceJudge judge, List<int> photos,
        (List<(int, int)> Same, List<(int, int)> Different) frontal, (List<(int, int)> Same, List<(int, int)> Different) profile)
    {
        var vectors = PhotoVectors.Of(faces, photos, judge.Vectors);
        double Score((int, int) p) => FaceJudge.Score(vectors[p.Item1], vectors[p.Item2]);
        var onProfiles = Measure(profile, Score);
        return (new RotationJudge(judge, onProfiles.Threshold, vectors), new OtherVerification(judge.Name, Measure(frontal, Score), onProfiles));
    }
}
