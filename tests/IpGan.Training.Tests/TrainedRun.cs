using IpGan.Tests;
using static TorchSharp.torch;

namespace IpGan.Training.Tests;

/// <summary>A run of the tiny preset on the tiny data set, once to its end: for tests of a class that only read what it left.</summary>
public sealed class TrainedRun : IDisposable
{
    private readonly TinyDataSet _data = new();
    private readonly string _folder;

    public TrainedRun()
    {
        _folder = Path.Combine(_data.Folder, "run");
        Run = new TrainingRun(_data.Load(), TinyPreset.Value, new TrainingRunOptions { Folder = _folder, Precision = ScalarType.Float32 }, CPU, null);
        Before = Sizes();
        Run.Train(Reports.Add, (_, _) => { }, CancellationToken.None);
    }

    /// <summary>As it is at its end.</summary>
    public TrainingRun Run { get; }

    /// <summary>What it told.</summary>
    public List<TrainingProgress> Reports { get; } = [];

    /// <summary><see cref="Sizes"/> before its first step.</summary>
    public List<float> Before { get; }

    public string Checkpoint => Checkpoints.Checkpoint.PathIn(_folder);

    /// <summary>A number for each network, which changes with its weights.</summary>
    public List<float> Sizes() => [.. Run.Networks.All.Select(n => n.Module.parameters().Sum(p => p.abs().sum().item<float>()))];

    public void Dispose()
    {
        Run.Dispose();
        _data.Dispose();
    }
}
