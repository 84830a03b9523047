using System.Diagnostics;
using System.Globalization;
using IpGan.Training.Checkpoints;
using IpGan.Training.Data;
using IpGan.Training.Pathways;
using static TorchSharp.torch;

namespace IpGan.Training.Finding;

/// <summary>How far a finder's training has come.</summary>
/// <param name="Steps">Steps done.</param>
/// <param name="ScenesPerSecond">Scenes a second, smoothed.</param>
/// <param name="Terms">Terms of the loss for each face, smoothed.</param>
public sealed record FinderProgress(long Steps, double ScenesPerSecond, IReadOnlyDictionary<string, double> Terms);

/// <summary>
/// Trains a finder on composed scenes. All draws of a step come from the seed and the step's number. The step falls to nothing along a cosine over the
/// planned steps: a run that goes on should be given the same number.
/// </summary>
public sealed class FinderRun : IDisposable
{
    private const string File = "finder.safetensors";
    private const double LearningRate = 2e-3;
    private const double PointWeight = 4;
    private const double YawWeight = 3;
    private const double Smoothing = 0.98;

    // Side of the canvas and scenes in a step: small ones mostly, because they are cheap, large ones for faces that fill a photo.
    private static readonly (int Side, int Scenes, int Times)[] Canvases = [(256, 12, 4), (384, 6, 3), (640, 2, 3)];

    private readonly SceneComposer _composer;
    private readonly string _folder;
    private readonly int _seed;
    private readonly FileStream _lock;
    private readonly Adam _adam;
    private readonly SortedDictionary<string, double> _terms = [];
    private double _rate;

    /// <summary>A fresh run, or the one that is kept in the folder.</summary>
    /// <param name="composer">The scenes.</param>
    /// <param name="folder">Of the checkpoint.</param>
    /// <param name="plannedSteps">Steps in all.</param>
    /// <param name="seed">Of all draws of a fresh run; one that goes on keeps its own.</param>
    /// <param name="precision">What the network computes in.</param>
    /// <exception cref="ArgumentException">The run was begun with faces of other people.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is broken.</exception>
    /// <exception cref="IOException">Another process trains it.</exception>
    public FinderRun(SceneComposer composer, string folder, long plannedSteps, int seed, ScalarType precision = ScalarType.Float32)
    {
        (_composer, _folder, _seed, PlannedSteps) = (composer, folder, seed, plannedSteps);
        Directory.CreateDirectory(folder);
        _lock = RunLock.Take(folder);
        random.manual_seed(seed);
        Network = new FinderNetwork { Precision = precision };
        _adam = new Adam(Network.named_parameters().Select(p => (TensorNames.Clean(p.name), p.parameter)), 0.9, 0.99);
        var file = PathIn(folder);
        try
        {
            if (System.IO.File.Exists(file))
            {
                (Steps, var begunWith, var people) = FinderWeights.Load(file, Network, _adam);
                if ((people ?? composer.PeopleMark) != composer.PeopleMark)
                {
                    throw new ArgumentException($"'{folder}' was begun with faces of other people, who may be held back here: give the same --data, or another --name.");
                }
                _seed = begunWith ?? seed;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The network.</summary>
    public FinderNetwork Network { get; }

    /// <summary>Steps done.</summary>
    public long Steps { get; private set; }

    /// <summary>Steps in all.</summary>
    public long PlannedSteps { get; }

    /// <summary>The checkpoint's file in a run's folder.</summary>
    public static string PathIn(string folder) => Path.Combine(folder, File);

    /// <summary>
    /// Trains until the planned steps are done, or until cancelled; a checkpoint is written at the end in each case. Half of libtorch's threads learn, the other half
    /// composes the scenes of the next step meanwhile.
    /// </summary>
    public void Train(TimeSpan checkpointInterval, Action<FinderProgress> report, CancellationToken cancel)
    {
        var threads = get_num_threads();
        set_num_threads(Math.Max(1, threads / 2));
        try
        {
            Train(checkpointInterval, report, Math.Max(1, threads - threads / 2), cancel);
        }
        finally
        {
            set_num_threads(threads);
        }
    }

    private void Train(TimeSpan checkpointInterval, Action<FinderProgress> report, int composing, CancellationToken cancel)
    {
        var sinceCheckpoint = Stopwatch.StartNew();
        Network.train();
        using var scenes = new LoadedAhead<FaceScene[]>(step => Compose(step, composing));
        while (Steps < PlannedSteps && !cancel.IsCancellationRequested)
        {
            var watch = Stopwatch.StartNew();
            var composed = scenes.Take(Steps);
            Step(composed);
            Steps++;
            var now = composed.Length / watch.Elapsed.TotalSeconds;
            _rate = _rate == 0 ? now : _rate * Smoothing + now * (1 - Smoothing);
            report(new FinderProgress(Steps, _rate, _terms));
            if (sinceCheckpoint.Elapsed > checkpointInterval)
            {
                Save();
                sinceCheckpoint.Restart();
            }
        }
        Save();
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _adam.Dispose();
        Network.Dispose();
        _lock.Dispose();
    }

    private void Save() => FinderWeights.Save(PathIn(_folder), Network, _adam, Steps, _seed, _composer.PeopleMark);

    private FaceScene[] Compose(long step, int threads)
    {
        var seed = unchecked((int)((_seed * 7919L + step) * 2654435761L & 0x7FFFFFFF));
        var times = (int)(step % Canvases.Sum(c => c.Times));
        var (side, count, _) = Canvases.SelectMany(c => Enumerable.Repeat(c, c.Times)).ElementAt(times);
        var scenes = new FaceScene[count];
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, i => scenes[i] = _composer.Compose(new Random(unchecked(seed + i * 104729)), side));
        return scenes;
    }

    private void Step(FaceScene[] scenes)
    {
        using var scope = NewDisposeScope();
        var side = scenes[0].Side;
        var canvas = stack(scenes.Select(s => tensor(s.Pixels, [3, side, side])));
        var targets = FinderTargets.Create(scenes);
        var maps = Network.Maps(canvas);
        var faces = Math.Max(1, scenes.Sum(s => s.Faces.Count));
        Tensor Sum(Func<Tensor, GridTargets, Tensor> term) => maps.Zip(targets, term).Aggregate((a, b) => a + b) / faces;
        var score = Sum((map, t) => FinderLosses.Score(map[TensorIndex.Colon, 0..1], t));
        var points = Sum((map, t) => FinderLosses.Points(map[TensorIndex.Colon, 1..], t));
        var yaw = Sum((map, t) => FinderLosses.Yaw(map[TensorIndex.Colon, 1..], t));
        var loss = score + points * PointWeight + yaw * YawWeight;
        _adam.ZeroGradients();
        loss.backward();
        var warm = Math.Min(1, (Steps + 1) / 200.0);
        _adam.Step(LearningRate * warm * (0.5 + 0.5 * Math.Cos(Math.PI * Math.Min(1, (double)Steps / PlannedSteps))), largestNorm: 20);
        Smooth("score", score);
        Smooth("points", points);
        Smooth("yaw", yaw);
    }

    private void Smooth(string name, Tensor term)
    {
        var value = term.item<float>();
        if (!float.IsFinite(value))
        {
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The term '{name}' is {value} at step {Steps}."));
        }
        _terms[name] = _terms.TryGetValue(name, out var old) ? old * Smoothing + value * (1 - Smoothing) : value;
    }
}
