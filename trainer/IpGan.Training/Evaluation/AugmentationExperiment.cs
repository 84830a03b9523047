using IpGan.Training.Data;
using IpGan.Training.Networks;
using IpGan.Training.Pathways;
using static TorchSharp.torch;

namespace IpGan.Training.Evaluation;

/// <summary>What one recogniser told of people whom it was never shown.</summary>
/// <param name="Views">True: it was trained with rotated views.</param>
/// <param name="Seed">Of its training.</param>
/// <param name="FrontalFrontal">Two frontal photos.</param>
/// <param name="FrontalProfile">A frontal photo and a profile.</param>
public sealed record TrainedRecogniser(bool Views, int Seed, Verification FrontalFrontal, Verification FrontalProfile);

/// <summary>What views made by a model are worth as training data.</summary>
/// <param name="People">People trained on.</param>
/// <param name="Photos">Their frontal photos: all that is real in the training.</param>
/// <param name="Views">Rotated views of these photos.</param>
/// <param name="Pictures">Pictures that each recogniser was trained on, with repetition; the same number with views and without.</param>
/// <param name="Recognisers">One with and one without views for each seed.</param>
public sealed record AugmentationReport(int People, int Photos, int Views, int Pictures, IReadOnlyList<TrainedRecogniser> Recognisers);

/// <summary>
/// The paper's purpose, tried: a small recogniser is trained on frontal photos only, and again with views of the same photos that a model has turned to other
/// poses; everything else is the same. Both are asked about people whom neither they nor the model ever saw.
/// </summary>
/// <remarks>
/// The model has seen the training people in profile, and learnt from descriptors. What it adds is therefore no more than it took from other photos; the
/// question is how much of that reaches a recogniser through views alone.
/// </remarks>
/// <param name="model">Makes the views.</param>
/// <param name="faces">The data set; its pictures are of the size that the recognisers see.</param>
/// <exception cref="DataSetException">There are not two training people with two frontal photos.</exception>
public sealed class AugmentationExperiment(FaceModel model, TrainingFaces faces)
{
    private const int Batch = 64;
    private const double LearningRate = 1e-3;
    private const double Decay = 0.05;
    private const double WarmSteps = 50;
    private const int ViewsPerPhoto = 3;
    private const double ViewShare = 0.5;

    private readonly IReadOnlyList<Face> _table = faces.Table.Faces;
    private readonly List<IGrouping<string, int>> _photos = FrontalPhotos(faces);

    private readonly record struct View(int Photo, byte[] Rgb);

    /// <summary>Trains two recognisers a seed and measures them.</summary>
    /// <param name="pictures">Pictures that each is trained on, at least 1.</param>
    /// <param name="seeds">Recognisers of each kind, at least 1.</param>
    /// <param name="precision">What they are trained in.</param>
    /// <param name="progress">Told after each recogniser.</param>
    /// <exception cref="DataSetException">There are too few validation people (<see cref="Evaluator"/>).</exception>
    public AugmentationReport Run(int pictures, int seeds, ScalarType precision, Action<TrainedRecogniser> progress)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pictures, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(seeds, 1);
        var people = Evaluator.People(faces);
        var labels = _photos.SelectMany((person, label) => person.Select(i => (i, label))).ToDictionary(p => p.i, p => p.label);
        var views = MakeViews([.. labels.Keys]);
        var recognisers = new List<TrainedRecogniser>();
        for (var seed = 1; seed <= seeds; seed++)
        {
            foreach (var with in new[] { false, true })
            {
                using var recogniser = Train(labels, _photos.Count, with ? views : [], pictures, seed, precision);
                recognisers.Add(Measure(recogniser, people, with, seed));
                progress(recognisers[^1]);
            }
        }
        return new AugmentationReport(_photos.Count, labels.Count, views.Count, pictures, recognisers);
    }

    private static List<IGrouping<string, int>> FrontalPhotos(TrainingFaces faces)
    {
        var table = faces.Table.Faces;
        var photos = faces.Indices.Where(i => table[i].Frontal).GroupBy(i => table[i].Identity).Where(g => g.Count() > 1).ToList();
        return photos.Count > 1
            ? photos
            : throw new DataSetException($"The experiment needs at least two training people with two frontal photos each (column view); '{faces.Table.Folder}' has {photos.Count}.");
    }

    private List<View> MakeViews(List<int> photos)
    {
        using var _ = no_grad();
        var random = new Random(3);
        var views = new List<View>();
        foreach (var sources in photos.SelectMany(p => Enumerable.Repeat(p, ViewsPerPhoto)).Chunk(Batch))
        {
            using var scope = NewDisposeScope();
            using var source = FaceBatch.Create(faces, [.. sources.Select(p => new FaceDraw(p, false))], CPU);
            // Any pose of the training people, yaw balanced.
            using var reference = FaceBatch.Create(faces, [.. sources.Select(_ => faces.DrawAny(random))], CPU);
            var drawn = model.Draw(model.Identity(source.Pictures), model.Pose(reference.Pictures), faces.Packed.Size);
            var rgb = FaceBatch.Rgb(drawn);
            views.AddRange(sources.Zip(rgb.Chunk(rgb.Length / sources.Length), (photo, pixels) => new View(photo, pixels)));
        }
        return views;
    }

    private IdentityEncoder Train(Dictionary<int, int> labels, int people, List<View> views, int pictures, int seed, ScalarType precision)
    {
        random.manual_seed(seed);
        var recogniser = new IdentityEncoder(new NetworkSizes { ImageSize = faces.Packed.Size });
        recogniser.train();
        using var trunk = new SharedTrunk(recogniser.Trunk, IdentityEncoder.CreateTrunk(recogniser.Sizes), CPU);
        using var head = new MarginHead(recogniser.Sizes.IdentityDimension, people);
        using var adam = new Adam([.. recogniser.named_parameters().Concat(head.named_parameters()).Select(p => (p.name, p.parameter))], 0.9, 0.99);
        var photos = labels.Keys.ToArray();
        var draws = new Random(seed);
        var steps = (pictures + Batch - 1) / Batch;
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            var drawn = Enumerable.Range(0, Batch).Select(_ => views.Count > 0 && draws.NextDouble() < ViewShare ? views[draws.Next(views.Count)] : Photo(photos[draws.Next(photos.Length)])).ToList();
            var seen = Pictures(drawn, draws);
            adam.ZeroGradients();
            trunk.Learn(EncoderStep.IdentityView(seen).to(precision), features =>
                Losses.Margin(head, IdentityEncoder.Unit(recogniser.Answer(features)), tensor([.. drawn.Select(d => (long)labels[d.Photo])])));
            var rate = LearningRate * Math.Min(1, (step + 1) / WarmSteps) * (0.5 + 0.5 * Math.Cos(Math.PI * step / steps));
            adam.Step(rate, largestNorm: 5, Decay);
        }
        recogniser.eval();
        return recogniser;
    }

    private View Photo(int photo) => new(photo, faces.Packed.Read(photo));

    // [N, 3, S, S] in [−1, 1], half of them mirrored.
    private Tensor Pictures(List<View> drawn, Random random)
    {
        var size = faces.Packed.Size;
        var all = new byte[drawn.Count * drawn[0].Rgb.Length];
        for (var i = 0; i < drawn.Count; i++)
        {
            drawn[i].Rgb.CopyTo(all, i * drawn[0].Rgb.Length);
        }
        var pictures = tensor(all, [drawn.Count, size, size, 3]).to(ScalarType.Float32) / 127.5 - 1;
        var mirrored = tensor([.. drawn.Select(_ => random.Next(2) == 0)]).view(-1, 1, 1, 1);
        return where(mirrored, pictures.flip(2), pictures).permute(0, 3, 1, 2);
    }

    private TrainedRecogniser Measure(IdentityEncoder recogniser, List<IGrouping<string, int>> people, bool views, int seed)
    {
        var vectors = PhotoVectors.Of(faces, [.. people.SelectMany(p => p)], x => FaceVectors.Split(recogniser.forward(x.ChannelsLast())));
        double Score((int, int) p) => System.Numerics.Tensors.TensorPrimitives.Dot<float>(vectors[p.Item1], vectors[p.Item2]);
        var frontal = Evaluator.Pairs(people, i => _table[i].Frontal, i => _table[i].Frontal);
        var profile = Evaluator.Pairs(people, i => _table[i].Frontal, i => _table[i].Profile);
        return new TrainedRecogniser(views, seed, Evaluator.Measure(faces, frontal, Score), Evaluator.Measure(faces, profile, Score));
    }
}
