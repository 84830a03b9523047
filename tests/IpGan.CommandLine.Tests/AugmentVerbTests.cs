using nietras.SeparatedValues;

namespace IpGan.CommandLine.Tests;

/// <summary>Many pictures from a folder, whatever happens meanwhile.</summary>
public sealed class AugmentVerbTests(TinySystem system) : IpGanTest(system)
{
    private static readonly string[] Names = ["yaw-40", "yaw+0", "yaw+40"];

    private static string[] Arguments(string folder) => ["augment", "faces", "--out", folder, "--yaw=-40,0,40", "--json"];

    /// <summary>People with three photos each; the pictures that must be made of them.</summary>
    private string[] People(int count)
    {
        var photos = Enumerable.Range(0, 3 * count).Select(i => $"person {i / 3}/{i % 3}.png").ToList();
        for (var i = 0; i < photos.Count; i++)
        {
            Photo($"faces/{photos[i]}", i);
        }
        return [.. photos.SelectMany(p => Names.Select(n => $"{p}_{n}.png")).Order(StringComparer.Ordinal)];
    }

    private string[] PicturesIn(string folder) => [.. FilesIn(folder).Where(f => f.EndsWith(".png", StringComparison.Ordinal))];

    private List<Dictionary<string, string>> Table(string folder)
    {
        using var reader = Sep.Reader(o => o with { Unescape = true }).FromFile(Path.Combine(Folder, folder, "augmented.csv"));
        var rows = new List<Dictionary<string, string>>();
        foreach (var row in reader)
        {
            var cells = new Dictionary<string, string>();
            foreach (var column in reader.Header.ColNames)
            {
                cells[column] = row[column].ToString();
            }
            rows.Add(cells);
        }
        return rows;
    }

    /// <summary>Every picture once, whole, and in the table once; nothing else.</summary>
    private void AssertComplete(string[] expected, string folder)
    {
        Assert.Equal([".augment.lock", "augment.json", "augmented.csv", .. expected], FilesIn(folder));
        Assert.Equal(expected, Table(folder).Select(r => r["picture"]).Order(StringComparer.Ordinal));
        Assert.All(Table(folder), r => Assert.Equal(long.Parse(r["bytes"], System.Globalization.CultureInfo.InvariantCulture), new FileInfo(Path.Combine(Folder, folder, r["picture"])).Length));
    }

    private int Lines(string folder) => Path.Combine(Folder, folder, "augmented.csv") is var path && File.Exists(path) ? File.ReadAllText(path).Count(c => c == '\n') : 0;

    [Fact]
    public async Task Every_photo_is_drawn_in_every_pose_and_the_table_tells_from_what()
    {
        var expected = People(2);
        var run = await ExpectAsync(0, Arguments("more"));
        Assert.Equal((18, 0, 0), (run.Json.GetProperty("made").GetInt32(), run.Json.GetProperty("alreadyThere").GetInt32(), run.Json.GetProperty("failed").GetInt32()));
        AssertComplete(expected, "more");
        var row = Table("more").Single(r => r["picture"] == "person 1/2.png_yaw+40.png");
        var photo = await File.ReadAllBytesAsync(Path.Combine(Folder, "faces", "person 1", "2.png"), Cancel);
        Assert.Equal(
            ("person 1", "person 1/2.png", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(photo)), "yaw+40", "40", "0", "1", "1", "1"),
            (row["person"], row["source"], row["source_sha256"], row["pose"], row["yaw"], row["pitch"], row["identity_encoder"], row["pose_encoder"], row["generator"]));
        // What the single verb draws.
        await ExpectAsync(0, "rotate", "faces/person 1/2.png", "--yaw", "40", "--out", "alone");
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(Folder, "alone/2_yaw+40.png"), Cancel),
            await File.ReadAllBytesAsync(Path.Combine(Folder, "more", row["picture"]), Cancel));
    }

    [Fact]
    public async Task Killed_again_and_again_it_goes_on_until_no_picture_is_missing_or_double()
    {
        var expected = People(80);
        // Before the last of them, or a quick run would end before it is killed.
        var gate = Path.Combine(Folder, "faces/person 8/gate.png");
        Gate.Create(gate);
        foreach (var enough in new[] { 1, 150, 400 })
        {
            using var process = Start(Arguments("more"));
            await process.UntilAsync(() => Lines("more") > enough);
            await process.KillAsync();
            // A table never tells of a picture that is not there.
            Assert.InRange(PicturesIn("more").Length, Lines("more") - 1, expected.Length - 1);
        }
        File.Delete(gate);
        var before = Lines("more") - 1;
        var run = await ExpectAsync(0, Arguments("more"));
        Assert.Equal((expected.Length - before, before), (run.Json.GetProperty("made").GetInt32(), run.Json.GetProperty("alreadyThere").GetInt32()));
        AssertComplete(expected, "more");

        await ExpectAsync(0, Arguments("at once"));
        Assert.All(expected, f => Assert.Equal(File.ReadAllBytes(Path.Combine(Folder, "more", f)), File.ReadAllBytes(Path.Combine(Folder, "at once", f))));
    }

    [Fact]
    public async Task Interrupted_it_ends_soon_and_goes_on_later()
    {
        Assert.SkipWhen(Signals.InterruptIsIgnored, Signals.WhyIgnored);
        var expected = People(100);
        using (var process = Start(Arguments("more")))
        {
            await process.UntilAsync(() => Lines("more") > 20);
            process.Send(Signal.Interrupt);
            var run = await process.EndAsync();
            Assert.Equal(1, run.ExitCode);
            Assert.Contains("interrupted", run.Errors, StringComparison.Ordinal);
        }
        Assert.InRange(Lines("more"), 21, expected.Length);
        await ExpectAsync(0, Arguments("more"));
        AssertComplete(expected, "more");
    }

    [Fact]
    public async Task What_was_lost_or_cut_off_is_made_again_and_nothing_else()
    {
        var expected = People(2);
        await ExpectAsync(0, Arguments("more"));
        string At(string name) => Path.Combine(Folder, "more", name);
        File.Delete(At(expected[0]));
        await File.WriteAllTextAsync(At(expected[4]), "cut", Cancel);
        await File.WriteAllTextAsync(At(expected[7] + ".ipgan-part"), "half a pictu", Cancel);
        var table = await File.ReadAllTextAsync(At("augmented.csv"), Cancel);
        // The last line was cut off in its middle.
        await File.WriteAllTextAsync(At("augmented.csv"), table[..^20], Cancel);
        Photo("faces/person 9/new.png", 99);
        var run = await ExpectAsync(0, Arguments("more"));
        Assert.Equal((3 + 3, 15), (run.Json.GetProperty("made").GetInt32(), run.Json.GetProperty("alreadyThere").GetInt32()));
        AssertComplete([.. expected.Concat(Names.Select(n => $"person 9/new.png_{n}.png")).Order(StringComparer.Ordinal)], "more");

        Assert.Equal(0, (await ExpectAsync(0, Arguments("more"))).Json.GetProperty("made").GetInt32());
    }

    [Fact]
    public async Task Photos_that_cannot_be_used_are_told_and_the_others_are_done()
    {
        var expected = People(1);
        await File.WriteAllTextAsync(Path.Combine(Folder, "faces/person 0/bad.png"), "no picture", Cancel);
        Photo("faces/two\nlines.png", 5);
        for (var again = 0; again < 2; again++)
        {
            var run = await ExpectAsync(3, Arguments("more"));
            Assert.Equal(2, run.Json.GetProperty("failed").GetInt32());
            Assert.Contains("person 0/bad.png: ", run.Errors, StringComparison.Ordinal);
            AssertComplete(expected, "more");
        }
    }

    [Fact]
    public async Task A_photo_whose_pictures_would_have_too_long_names_is_told_and_the_others_are_done()
    {
        var expected = People(2);
        var tooLong = $"{new string('n', 250)}.png";
        Photo($"faces/person 0/{tooLong}", 5);
        for (var again = 0; again < 2; again++)
        {
            var run = await ExpectAsync(3, Arguments("more"));
            Assert.Equal((again == 0 ? 18 : 0, 1), (run.Json.GetProperty("made").GetInt32(), run.Json.GetProperty("failed").GetInt32()));
            Assert.Contains($"person 0/{tooLong}: ", run.Errors, StringComparison.Ordinal);
            AssertComplete(expected, "more");
        }
    }

    [Fact]
    public async Task It_goes_on_with_a_table_that_is_larger_than_its_memory()
    {
        var expected = People(1);
        await ExpectAsync(0, Arguments("more"));
        // Of pictures that are gone.
        await using (var table = File.AppendText(Path.Combine(Folder, "more", "augmented.csv")))
        {
            table.NewLine = "\n";
            var person = new string('p', 10_000);
            for (var i = 0; i < 12_000; i++)
            {
                await table.WriteLineAsync($"gone/{i}.png,1,{person},,,,,,,,,,,,,");
            }
        }
        var run = await ExpectAsync(0, new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "0x4000000" }, Arguments("more"));
        Assert.Equal((0, 9), (run.Json.GetProperty("made").GetInt32(), run.Json.GetProperty("alreadyThere").GetInt32()));
        AssertComplete(expected, "more");
    }

    [Fact]
    public async Task Names_with_commas_and_quotes_are_kept()
    {
        Photo("faces/O'Neil, \"Al\"/1,2.png", 1);
        await ExpectAsync(0, Arguments("more"));
        Assert.Equal(0, (await ExpectAsync(0, Arguments("more"))).Json.GetProperty("made").GetInt32());
        Assert.All(Table("more"), r => Assert.Equal(("O'Neil, \"Al\"", "O'Neil, \"Al\"/1,2.png"), (r["person"], r["source"])));
    }

    [Fact]
    public async Task Other_options_do_not_go_into_the_same_folder()
    {
        var expected = People(1);
        await ExpectAsync(0, Arguments("more"));
        Assert.Contains("other options", (await ExpectAsync(2, [.. Arguments("more"), "--size", "32"])).Errors, StringComparison.Ordinal);
        AssertComplete(expected, "more");
    }

    [Theory]
    [InlineData("--cropped")]
    [InlineData("--face", "1")]
    [InlineData("--places", "places.csv")]
    public async Task Other_faces_do_not_go_into_the_same_folder(params string[] faces)
    {
        Photo("faces/a/1.png", 1);
        await File.WriteAllTextAsync(Path.Combine(Folder, "places.csv"), "path,sellion_x,sellion_y,mouth_x,mouth_y\nfaces/a/1.png,20,20,20,40\n", Cancel);
        await ExpectAsync(0, Arguments("more"));
        // As it was written before anything was said of faces.
        Assert.Equal("""{"poses":["yaw-40","yaw\u002B0","yaw\u002B40"],"format":"Png","size":0,"quality":0}""", await File.ReadAllTextAsync(Path.Combine(Folder, "more/augment.json"), Cancel));
        Assert.Contains("other options", (await ExpectAsync(2, [.. Arguments("more"), .. faces])).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_places_or_another_photo_of_a_pose_do_not_go_into_the_same_folder()
    {
        Photo("faces/a/1.png", 1);
        Photo("like.png", 2);
        var places = Path.Combine(Folder, "places.csv");
        const string Place = "path,sellion_x,sellion_y,mouth_x,mouth_y\nfaces/a/1.png,20,20,20,40\n";
        await File.WriteAllTextAsync(places, Place, Cancel);
        string[] arguments = [.. Arguments("more"), "--like", "like.png", "--places", "places.csv"];
        await ExpectAsync(0, arguments);
        Assert.Equal(0, (await ExpectAsync(0, arguments)).Json.GetProperty("made").GetInt32());
        await File.AppendAllTextAsync(places, "faces/a/2.png,20,20,20,40\n", Cancel);
        Assert.Contains("other options", (await ExpectAsync(2, arguments)).Errors, StringComparison.Ordinal);
        await File.WriteAllTextAsync(places, Place, Cancel);
        Photo("like.png", 3);
        Assert.Contains("other options", (await ExpectAsync(2, arguments)).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shards_share_the_people_out_and_together_draw_all_of_them_once()
    {
        var expected = People(12);
        Photo("faces/zoe.png", 99);
        expected = [.. expected.Concat(Names.Select(n => $"zoe.png_{n}.png")).Order(StringComparer.Ordinal)];
        var shards = new List<string[]>();
        foreach (var shard in new[] { 0, 1, 2 })
        {
            await ExpectAsync(0, [.. Arguments($"part {shard}"), "--shard", $"{shard}/3"]);
            shards.Add(PicturesIn($"part {shard}"));
            AssertComplete(shards[shard], $"part {shard}");
        }
        Assert.Equal(expected, shards.SelectMany(s => s).Order(StringComparer.Ordinal));
        Assert.All(shards, s => Assert.InRange(s.Length, 1, expected.Length - 1));
        var people = shards.SelectMany((s, i) => s.Select(p => (Person: p.Split('/')[0], Shard: i))).Distinct().ToList();
        Assert.Equal(people.Select(p => p.Person).Distinct().Count(), people.Count);

        // It goes on where it was, also when people have come, and only with the same part.
        Assert.Equal(0, (await ExpectAsync(0, [.. Arguments("part 1"), "--shard", "1/3"])).Json.GetProperty("made").GetInt32());
        Assert.Contains("other options", (await ExpectAsync(2, [.. Arguments("part 1"), "--shard", "1/4"])).Errors, StringComparison.Ordinal);
        Assert.Contains("other options", (await ExpectAsync(2, Arguments("part 1"))).Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3/3")]
    [InlineData("-1/3")]
    [InlineData("1")]
    [InlineData("0/0")]
    public async Task A_shard_that_there_is_not_is_wrong_use(string shard)
    {
        People(1);
        Assert.Contains("--shard", (await ExpectAsync(2, [.. Arguments("more"), $"--shard={shard}"])).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_runs_do_not_work_in_one_folder()
    {
        var expected = People(100);
        using var first = Start(Arguments("more"));
        await first.UntilAsync(() => Lines("more") > 1);
        first.Send(Signal.Stop);
        Assert.Contains("more", (await ExpectAsync(1, Arguments("more"))).Errors, StringComparison.Ordinal);
        first.Send(Signal.Continue);
        Assert.Equal(0, (await first.EndAsync()).ExitCode);
        AssertComplete(expected, "more");
    }

    [Fact]
    public async Task Places_say_where_the_faces_are()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "faces"));
        foreach (var name in new[] { "a.png", "b.png", "c.png" })
        {
            await File.WriteAllBytesAsync(Path.Combine(Folder, "faces", name), Pictures.Photo(400, 300, SkiaSharp.SKEncodedImageFormat.Png), Cancel);
        }
        await File.WriteAllTextAsync(Path.Combine(Folder, "places.csv"),
            "path,sellion_x,sellion_y,mouth_x,mouth_y,yaw\nfaces/a.png,200,120,200,170,0\nfaces/b.png,120,80.5,120,140,-30\n", Cancel);
        var run = await ExpectAsync(3, [.. Arguments("more"), "--places", "places.csv"]);
        Assert.Contains("c.png: places.csv has no line for it", run.Errors, StringComparison.Ordinal);
        await ExpectAsync(0, "rotate", "faces/b.png", "--sellion", "120,80.5", "--mouth", "120,140", "--face-yaw", "-30", "--yaw", "40", "--out", "alone");
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(Folder, "alone/b_yaw+40.png"), Cancel),
            await File.ReadAllBytesAsync(Path.Combine(Folder, "more/b.png_yaw+40.png"), Cancel));
    }
}
