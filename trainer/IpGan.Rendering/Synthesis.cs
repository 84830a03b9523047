using System.Collections.Concurrent;
using IpGan.Imaging;
using IpGan.Rendering.Assets;
using IpGan.Rendering.Drawing;
using IpGan.Rendering.People;
using IpGan.Rendering.Views;

namespace IpGan.Rendering;

/// <summary>What is to be made.</summary>
public sealed record SynthesisOptions
{
    /// <summary>Folder of MakeHuman's assets.</summary>
    public required string Assets { get; init; }

    /// <summary>Folder of ICT-FaceKit Light, whose modes of real heads then shape the people, too. Null: without.</summary>
    public string? FaceKit { get; init; }

    /// <summary>Where the data set is written; the folder must be empty or not there yet.</summary>
    public required string Output { get; init; }

    /// <summary>How many people. 1 to 1,000,000.</summary>
    public required int People { get; init; }

    /// <summary>How many pictures of each. 1 to 10,000.</summary>
    public required int Views { get; init; }

    /// <summary>Pixels a side. 32 to 1024.</summary>
    public int Size { get; init; } = 128;

    /// <summary>Seed: the same seed gives the same people and views on every machine; with another, all are others.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The range that poses are drawn from.</summary>
    public PoseRange Poses { get; init; } = new();

    /// <summary>Quality of the JPEGs. 1 to 100.</summary>
    public int Quality { get; init; } = 92;

    /// <exception cref="ArgumentException">A value is outside its range; the message names it.</exception>
    public void Validate()
    {
        Check(People, 1, 1_000_000, "people");
        Check(Views, 1, 10_000, "views");
        Check(Size, 32, 1024, "size");
        Check(Quality, 1, 100, "quality");
        Poses.Validate();
        if (Directory.Exists(Output) && Directory.EnumerateFileSystemEntries(Output).Any())
            throw new ArgumentException($"The folder '{Output}' is not empty; data sets are never mixed: name another, or empty it.");
    }

    private static void Check(int value, int least, int most, string name)
    {
        if (value < least || value > most)
            throw new ArgumentException($"The number for {name} is {value}; it must be {least} to {most}.");
    }
}

/// <summary>Makes a data set of rendered heads, in the layout of all data sets: <c>images/</c> and <c>faces.csv</c>.</summary>
public static class Synthesis
{
    /// <summary>Makes it, on all cores. The table is written last: a folder without one was not finished.</summary>
    /// <param name="options">What is to be made.</param>
    /// <param name="progress">Told how many pictures are there.</param>
    /// <param name="cancel">Stops; what was written stays, without a table.</param>
    /// <returns>How many pictures there are.</returns>
    /// <exception cref="AssetException">An asset is missing or broken.</exception>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public static int Run(SynthesisOptions options, Action<int>? progress, CancellationToken cancel)
    {
        options.Validate();
        var assets = MakeHumanAssets.Read(options.Assets, options.FaceKit);
        var rows = new ConcurrentDictionary<int, FaceRow[]>();
        var rasterisers = new ConcurrentBag<Rasteriser>();
        var done = 0;
        Directory.CreateDirectory(options.Output);
        try
        {
            Parallel.For(0, options.People, new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = Environment.ProcessorCount }, number =>
            {
                if (!rasterisers.TryTake(out var rasteriser))
                    rasteriser = Portraitist.RasteriserFor(options.Size);
                rows[number] = DrawPerson(assets, options, number, rasteriser, () => progress?.Invoke(Interlocked.Increment(ref done)), cancel);
                rasterisers.Add(rasteriser);
            });
        }
        catch (AggregateException e) when (e.Flatten().InnerExceptions.FirstOrDefault(i => i is AssetException or IOException or OperationCanceledException) is { } first)
        {
            throw first;
        }
        FaceTableFile.Write(Path.Combine(options.Output, "faces.csv"), options.Size, rows.OrderBy(r => r.Key).SelectMany(r => r.Value));
        return done;
    }

    /// <summary>Draws views of some people into one picture, a row a person: yaw −90 to 90 in equal steps, then views as the data set has them.</summary>
    /// <param name="options">What is to be drawn; the output folder is not used.</param>
    /// <returns>A PNG.</returns>
    /// <exception cref="AssetException">An asset is missing or broken.</exception>
    public static byte[] ContactSheet(SynthesisOptions options)
    {
        options.Validate();
        var assets = MakeHumanAssets.Read(options.Assets, options.FaceKit);
        var turns = Math.Max(2, (options.Views + 1) / 2);
        var grid = new PictureGrid(Math.Max(options.Views, turns), options.People, options.Size);
        var rasteriser = Portraitist.RasteriserFor(options.Size);
        for (var number = 0; number < options.People; number++)
        {
            var portraitist = new Portraitist(Person.Create(assets, options.Seed, number), rasteriser, options.Size);
            for (var i = 0; i < grid.Columns; i++)
            {
                var view = i < turns
                    ? View.Draw(Draws.For(options.Seed, "turn", number), new HeadPose(-90 + 180f * i / (turns - 1), 0, 0))
                    : View.Draw(options.Seed, number, i - turns, options.Poses);
                grid.Set(i, number, (ReadOnlySpan<byte>)portraitist.Draw(view).Rgb);
            }
        }
        return grid.ToPng();
    }

    private static FaceRow[] DrawPerson(MakeHumanAssets assets, SynthesisOptions options, int number, Rasteriser rasteriser, Action drawn, CancellationToken cancel)
    {
        var portraitist = new Portraitist(Person.Create(assets, options.Seed, number), rasteriser, options.Size);
        var identity = $"mh-{options.Seed}-{number:D5}";
        var folder = Path.Combine("images", identity);
        Directory.CreateDirectory(Path.Combine(options.Output, folder));
        var rows = new FaceRow[options.Views];
        for (var i = 0; i < options.Views; i++)
        {
            cancel.ThrowIfCancellationRequested();
            var view = View.Draw(options.Seed, number, i, options.Poses);
            var portrait = portraitist.Draw(view);
            var path = $"{folder}/{i:D3}.jpg";
            File.WriteAllBytes(Path.Combine(options.Output, path), PictureEncoder.JpegRgb(portrait.Rgb, options.Size, options.Size, options.Quality));
            rows[i] = new FaceRow(path, identity, FaceTableFile.IsHeldOut(number), view.Pose, portrait.Sellion, portrait.Mouth);
            drawn();
        }
        return rows;
    }
}
