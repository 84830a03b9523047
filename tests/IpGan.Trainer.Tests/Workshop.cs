using IpGan.Tests;

namespace IpGan.Trainer.Tests;

/// <summary>A folder with a small data set and a preset of tiny networks, in which trainers run.</summary>
internal sealed class Workshop : IDisposable
{
    private const string Preset = """
        {
          "name": "tiny", "batchSize": 8, "encoderBatchSize": 16, "encoderPictures": 32, "triples": 24, "reconstructionTriples": 8, "identityFrozenTriples": 8, "r1Interval": 2,
          "sizes": {
            "imageSize": 32, "identityDimension": 16, "poseDimension": 4, "styleDimension": 16,
            "identityChannels": { "16": 16, "8": 16, "4": 16 }, "poseChannels": { "16": 16, "8": 16, "4": 16 },
            "generatorChannels": { "32": 4, "16": 4, "8": 4, "4": 4 }, "discriminatorChannels": { "32": 16, "16": 16, "8": 16, "4": 16 }
          }
        }
        """;

    private readonly TinyDataSet _data = new();

    public Workshop() => File.WriteAllText(Path.Combine(_data.Folder, "tiny.json"), Preset);

    /// <summary>Gives the data set descriptors, and the folder a recogniser, face-api; the preset's identity vectors get as long as they must be then.</summary>
    public void AddRecogniser()
    {
        _data.AddDescriptors();
        RandomFaceApi.Write(Path.Combine(Folder, "face-api"));
        File.WriteAllText(Path.Combine(Folder, "tiny.json"), Preset.Replace("\"identityDimension\": 16", "\"identityDimension\": 128", StringComparison.Ordinal));
    }

    public string Folder => _data.Folder;

    public string Csv => _data.Csv;

    public string Checkpoint => Path.Combine(Folder, "runs", "tiny", "checkpoint.safetensors");

    public void Dispose() => _data.Dispose();

    /// <summary>The arguments that a training has in every test, and more.</summary>
    public static string[] Train(params string[] more) =>
        ["train", "--data", ".", "--preset", "tiny.json", "--device", "cpu", "--precision", "float32", "--threads", "1", .. more];

    public TrainerProcess Start(params string[] arguments) => TrainerProcess.Start(Folder, arguments);

    public Task<TrainerProcess> Run(params string[] arguments) => TrainerProcess.Run(Folder, arguments);

    /// <summary>Runs to the end, which must be a good one.</summary>
    public async Task<IReadOnlyList<string>> Succeed(params string[] arguments)
    {
        using var process = await Run(arguments);
        Assert.True(process.ExitCode == 0, string.Join('\n', process.Output.Concat(process.Errors)));
        Assert.Empty(process.Errors);
        return process.Output;
    }
}
