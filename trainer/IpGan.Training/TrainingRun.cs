using System.Diagnostics;
using IpGan.Models;
using IpGan.Training.Checkpoints;
using IpGan.Training.Data;
using IpGan.Training.Evaluation;
using IpGan.Training.Networks;
using IpGan.Training.Pathways;
using IpGan.Training.Recognisers;
using TorchSharp;
using static TorchSharp.torch;

namespace IpGan.Training;

/// <summary>What a run tells its watcher after each step.</summary>
/// <param name="Phase">"encoders", "reconstruction" or "joint".</param>
/// <param name="State">How far it has come.</param>
/// <param name="PicturesPerSecond">Pictures a second over the last steps of this phase; a triple counts for three, in reproduction for one.</param>
/// <param name="Left">Time left of this phase at this speed, or until the time limit.</param>
/// <param name="Terms">Terms of the loss, smoothed.</param>
public sealed record TrainingProgress(string Phase, RunState State, double PicturesPerSecond, TimeSpan Left, IReadOnlyDictionary<string, double> Terms);

/// <summary>Where and how long a run trains.</summary>
public sealed record TrainingRunOptions
{
    /// <summary>Folder of checkpoints, sample grids and logs.</summary>
    public required string Folder { get; init; }

    /// <summary>Seed of all random draws.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Time between checkpoints.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Time between sample grids.</summary>
    public TimeSpan GridInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Generator and discriminator begin afresh, whatever the file to start from has of them.</summary>
    public bool FreshGenerator { get; init; }

    /// <summary>The model whose space is kept; needed where the preset is an update into one.</summary>
    public FaceModel? Old { get; init; }

    /// <summary>The recogniser that teaches the generator, too; stays the caller's.</summary>
    public Recogniser? Recogniser { get; init; }

    /// <summary>What teaches a run: a mark of a data set's descriptors, and the recogniser beside them.</summary>
    /// <param name="table">The data set.</param>
    public string TaughtBy(Data.FaceTable table) => $"{table.DescriptorsMark} {Recogniser?.GetType().Name}";

    /// <summary>Stops after this time; the run can be resumed.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.MaxValue;

    /// <summary>Type that convolutions compute in.</summary>
    public ScalarType Precision { get; init; } = ScalarType.BFloat16;
}

/// <summary>
/// The loop. All draws of a step come from the seed and the step's number, so that a resumed run continues as if it had never stopped; on a GPU but for the views, which are
/// drawn from its one generator beside the step before.
/// </summary>
public sealed class TrainingRun : IDisposable
{
    private const double Smoothing = 0.97;
    private const int PicturesOfTriple = 3;
    private const int PicturesOfDirection = 4;
    private readonly TrainingFaces _faces;
    private readonly TrainingPreset _preset;
    private readonly TrainingRunOptions _options;
    private readonly NetworkSet _networks;
    private readonly Optimizers _optimizers;
    private readonly EncoderStep _encoderStep;
    private readonly UnlabelledEncoderStep _unlabelledEncoderStep;
    private readonly ReconstructionStep _reconstructionStep;
    private readonly JointStep _jointStep;
    private readonly UpdateStep? _updateStep;
    private readonly SortedDictionary<string, double> _terms = [];
    private readonly FileStream _lock;
    private readonly LoadedAhead<FaceBatch> _batches;
    private readonly LoadedAhead<EncoderViews> _views;
    private readonly LoadedAhead<Triple> _triples;
    private readonly int _seed;
    private double _rate;
    private string _ratePhase = "";

    /// <summary>Fresh networks, or those of <paramref name="resumeFrom"/>.</summary>
    /// <exception cref="ArgumentException">The data set's teacher vectors do not fit the preset's identity vectors; or the run that goes on was begun with other people.</exception>
    /// <exception cref="DataSetException">No person has two pictures.</exception>
    /// <exception cref="IOException">Another process trains this run.</exception>
    public TrainingRun(TrainingFaces faces, TrainingPreset preset, TrainingRunOptions options, Device device, string? resumeFrom)
    {
        if (faces.HasTeachers && preset.Sizes.IdentityDimension != TrainingFaces.TeacherDimension)
        {
            throw new ArgumentException($"The data set's descriptors teach identity vectors of {TrainingFaces.TeacherDimension} numbers; the preset's "
                + $"IdentityDimension is {preset.Sizes.IdentityDimension}. Change it, or take the column descriptor_row out of the data set's faces.csv.");
        }
        if (faces.Classes == 0 && preset.Supervision != Supervision.None)
        {
            throw new DataSetException($"In '{faces.Table.Folder}' no training person has two pictures; training by identity needs pairs. "
                + "Without any, train with --supervision none.");
        }
        if (faces.Table.Supervision > preset.Supervision)
        {
            throw new ArgumentException(
                $"The table tells {faces.Table.Supervision.Name()}, the preset allows {preset.Supervision.Name()}: draw from FaceTable.Under(preset.Supervision).");
        }
        _faces = faces;
        _preset = preset;
        _options = options;
        Directory.CreateDirectory(options.Folder);
        _lock = RunLock.Take(options.Folder);
        torch.random.manual_seed(options.Seed);
        _networks = new NetworkSet(preset.Sizes, faces.Classes, device) { People = faces.PeopleMark };
        _networks.SetPrecision(options.Precision);
        _optimizers = new Optimizers(_networks);
        _encoderStep = new EncoderStep(_networks, preset, options.Precision, _optimizers, faces);
        _unlabelledEncoderStep = new UnlabelledEncoderStep(_networks, preset, options.Precision, _optimizers);
        _reconstructionStep = new ReconstructionStep(_networks, preset, options.Precision, _optimizers);
        _jointStep = new JointStep(_networks, preset, options.Precision, _optimizers, options.Recogniser, faces.TeacherMeans);
        _updateStep = preset.Into is { } update
            ? new UpdateStep(
                _networks, preset, options.Precision, _optimizers, update, options.Old ?? throw new ArgumentException("An update needs the model whose space it keeps."))
            : null;
        _batches = new LoadedAhead<FaceBatch>(DrawBatch);
        _views = new LoadedAhead<EncoderViews>(step => EncoderViews.Create(DrawBatch(step), HashCodeOf(~_seed, step), preset.Weights.AsksPoseEncoder));
        _triples = new LoadedAhead<Triple>(DrawTriple);
        try
        {
            State = resumeFrom is null ? new RunState() : Checkpoint.Load(resumeFrom, _networks, _optimizers, options.FreshGenerator);
            if (_updateStep is not null && resumeFrom != Checkpoint.PathIn(options.Folder))
            {
                // What another run had learnt is where this one starts, not how far it has come.
                State = new RunState();
                _updateStep.Prepare(faces);
            }
            else if (resumeFrom is not null && faces.Classes > 0 && !Checkpoint.IsOfSamePeople(resumeFrom, _networks))
            {
                if (resumeFrom == Checkpoint.PathIn(options.Folder))
                {
                    throw new ArgumentException($"'{options.Folder}' was begun with pictures of other people: give the same --data and --mix, or another --name (and --from {options.Folder}).");
                }
                StartClasses();
            }
            var taughtBy = options.TaughtBy(faces.Table);
            if (resumeFrom == Checkpoint.PathIn(options.Folder) && (State.TaughtBy ?? taughtBy) != taughtBy)
            {
                throw new ArgumentException($"'{options.Folder}' was begun with other descriptors, or with {(options.Recogniser is null ? "a" : "another or without a")} --recogniser: give the same --data and --recogniser, or another --name (and --from {options.Folder}).");
            }
            State = State with { People = faces.Table.PeopleMark, TaughtBy = taughtBy };
            if (TeachesAngles && faces.Indices.Any(i => faces.Table.Faces[i].Angles is not null))
            {
                _networks.AnglesTaught = true;
            }
            else if (resumeFrom is null || preset.Supervision != Supervision.IdentityAndPose)
            {
                // What a file's head could read is lost while its encoder learns without.
                _networks.AnglesTaught = false;
            }
            if (options.Recogniser is not null && _networks.AnglesTaught == false)
            {
                throw new ArgumentException("The recogniser looks at drawn heads by their angles, as the pose encoder's side head reads them, which nothing has taught: train the encoders with angles first, or leave --recogniser out.");
            }
            if (resumeFrom != Checkpoint.PathIn(options.Folder))
            {
                State = State with { Seed = options.Seed };
            }
            _seed = State.Seed;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>How far it has come.</summary>
    public RunState State { get; private set; }

    /// <summary>The networks.</summary>
    public NetworkSet Networks => _networks;

    /// <summary>Trains until the preset's number of triples, the time limit, or cancellation; a checkpoint is written at the end in each case.</summary>
    /// <exception cref="InvalidOperationException">A loss is no longer finite.</exception>
    public void Train(Action<TrainingProgress> report, Action<NetworkSet, RunState> drawGrid, CancellationToken cancel)
    {
        var total = Stopwatch.StartNew();
        var sinceCheckpoint = Stopwatch.StartNew();
        var sinceGrid = Stopwatch.StartNew();
        // A preset that asks for fewer pictures than were seen ends the encoders' phase without a step. What has learnt from triples without a lift goes on without.
        if (_updateStep is null && Phase != "encoders" && State is { EncoderPictures: > 0, Triples: 0 } && !IdentityLift.IsSet(_networks))
        {
            IdentityLift.Set(_networks, _faces);
        }
        while (!Finished && !cancel.IsCancellationRequested && total.Elapsed < _options.TimeLimit)
        {
            var watch = Stopwatch.StartNew();
            var phase = Phase;
            var encoders = phase == "encoders";
            var terms = !encoders && _updateStep is null ? StepOn(_triples, triple =>
                    Reconstructs ? _reconstructionStep.Run(triple, State.Triples) : _jointStep.Run(triple, State.Triples, State.Steps))
                : _updateStep is not null ? StepOn(_batches, batch => _updateStep.Run(batch, State.EncoderPictures, State.Steps))
                : _preset.Supervision == Supervision.None ? StepOn(_batches, batch => _unlabelledEncoderStep.Run(batch, State.EncoderPictures, State.Steps))
                : StepOn(_views, batch => _encoderStep.Run(batch, State.EncoderPictures, State.Steps));
            Smooth(terms);
            State = State with
            {
                Steps = State.Steps + 1,
                EncoderPictures = State.EncoderPictures + (encoders ? _preset.EncoderBatchSize : 0),
                Triples = State.Triples + (encoders ? 0 : _preset.BatchSize),
                Elapsed = State.Elapsed + watch.Elapsed,
            };
            if (encoders && _updateStep is null && Phase != "encoders")
            {
                IdentityLift.Set(_networks, _faces);
            }
            report(Progress(phase, watch.Elapsed, _options.TimeLimit - total.Elapsed));
            if (!encoders && sinceGrid.Elapsed > _options.GridInterval)
            {
                drawGrid(_networks, State);
                sinceGrid.Restart();
            }
            if (sinceCheckpoint.Elapsed > _options.CheckpointInterval)
            {
                Checkpoint.Save(_options.Folder, _networks, _optimizers, State, _preset);
                sinceCheckpoint.Restart();
            }
        }
        // The checkpoint first: whoever asked for the end may not wait for the grid.
        Checkpoint.Save(_options.Folder, _networks, _optimizers, State, _preset);
        if (_updateStep is null)
        {
            drawGrid(_networks, State);
        }
    }

    /// <summary>Angles may be learnt, and nothing tells any: the table from angles to pose vectors will have 0° alone.</summary>
    public bool TurnsByPhotosOnly => _preset.Supervision == Supervision.IdentityAndPose && _preset.Into is null && _networks.AnglesTaught == false;

    /// <summary>Whether the preset asks for nothing more.</summary>
    public bool Finished => _updateStep is null ? Phase != "encoders" && State.Triples >= _preset.Triples : State.EncoderPictures >= _preset.EncoderPictures;

    /// <inheritdoc />
    public void Dispose()
    {
        _lock.Dispose();
        _batches.Dispose();
        _views.Dispose();
        _triples.Dispose();
        _encoderStep.Dispose();
        _reconstructionStep.Dispose();
        _jointStep.Dispose();
        _optimizers.Dispose();
        _networks.Dispose();
    }

    // Other people than the file's: from random directions the margin pulls apart for thousands of steps what the encoder had learnt.
    private void StartClasses()
    {
        var pictures = _faces.Indices.Where(i => _faces.Label(i) >= 0).GroupBy(_faces.Label).SelectMany(g => g.Take(PicturesOfDirection)).ToList();
        _networks.Margin.Start(pictures.Zip(new FaceVectors(_networks, _faces).Directions(pictures), (index, identity) => (_faces.Label(index), identity)));
    }

    // HashCode.Combine differs from process to process; this must not.
    private static int HashCodeOf(int seed, long step)
    {
        var x = unchecked((ulong)step * 0x9E3779B97F4A7C15UL + (ulong)seed * 0xD1B54A32D192ED03UL);
        x ^= x >> 32;
        return (int)(x & 0x7FFFFFFF);
    }

    private Dictionary<string, double> StepOn<T>(LoadedAhead<T> batches, Func<T, Dictionary<string, double>> learn) where T : IDisposable
    {
        using var batch = batches.Take(State.Steps);
        torch.random.manual_seed(HashCodeOf(State.Seed, State.Steps));
        return learn(batch);
    }

    private FaceBatch DrawBatch(long step)
    {
        var random = new Random(HashCodeOf(_seed, step));
        return FaceBatch.Create(_faces, [.. Enumerable.Range(0, _preset.EncoderBatchSize).Select(_ => _faces.DrawForEncoders(random))], _networks.Device);
    }

    private Triple DrawTriple(long step)
    {
        var random = new Random(HashCodeOf(_seed, step));
        var pairs = Enumerable.Range(0, _preset.BatchSize).Select(_ => _faces.DrawPair(random, _preset.SinglePictureShare)).ToList();
        var others = pairs.Select(_ => _faces.DrawAny(random)).ToList();
        return new Triple(
            FaceBatch.Create(_faces, pairs.ConvertAll(p => p.A), _networks.Device),
            FaceBatch.Create(_faces, pairs.ConvertAll(p => p.B), _networks.Device),
            FaceBatch.Create(_faces, others, _networks.Device));
    }

    private void Smooth(Dictionary<string, double> terms)
    {
        foreach (var (name, value) in terms)
        {
            if (!double.IsFinite(value))
            {
                throw new InvalidOperationException(
                    $"The term '{name}' is {value} at step {State.Steps}. Resume from the last checkpoint with a smaller learning rate or --precision float32.");
            }
            _terms[name] = _terms.TryGetValue(name, out var old) ? old * Smoothing + value * (1 - Smoothing) : value;
        }
    }

    // Angles may be known and teach nothing: the pose encoder's phase is over, or its head has no weight.
    private bool TeachesAngles => _preset.Weights.Angles > 0 && _preset.Into?.Role != ModelRole.IdentityEncoder.Name() && (_preset.PoseLearningRate > 0 || State.EncoderPictures < _preset.EncoderPictures);

    private string Phase => State.EncoderPictures < _preset.EncoderPictures ? "encoders" : Reconstructs ? "reconstruction" : "joint";

    private bool Reconstructs => State.Triples < _preset.ReconstructionTriples;

    private TrainingProgress Progress(string phase, TimeSpan step, TimeSpan untilLimit)
    {
        var (pictures, left) = phase switch
        {
            "encoders" => (_preset.EncoderBatchSize, _preset.EncoderPictures - State.EncoderPictures),
            "reconstruction" => (_preset.BatchSize, Math.Min(_preset.ReconstructionTriples, _preset.Triples) - State.Triples),
            _ => (_preset.BatchSize * PicturesOfTriple, (_preset.Triples - State.Triples) * PicturesOfTriple),
        };
        var now = pictures / step.TotalSeconds;
        // The phases differ in speed.
        _rate = _rate == 0 || phase != _ratePhase ? now : _rate * Smoothing + now * (1 - Smoothing);
        _ratePhase = phase;
        var seconds = Math.Clamp(left / _rate, 0, Math.Max(0, untilLimit.TotalSeconds));
        return new TrainingProgress(phase, State, _rate, TimeSpan.FromSeconds(seconds), _terms);
    }
}
