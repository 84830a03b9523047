using System.Text.Json;
using nietras.SeparatedValues;

namespace IpGan.CommandLine.Tests;

/// <summary>Photos as they come from a camera, through a system that finds faces.</summary>
public sealed class WholePhotoTests(FinderSystem system) : IpGanTest(system), IClassFixture<FinderSystem>
{
    private static readonly (int, int, SkiaSharp.SKColor) Small = (1, 2, TinyFinder.Face(large: false));
    private static readonly (int, int, SkiaSharp.SKColor) Large = (4, 3, TinyFinder.Face(large: true));

    private string Whole(string name, params (int, int, SkiaSharp.SKColor)[] faces)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, TinyFinder.Photo(faces));
        return name;
    }

    [Fact]
    public async Task Faces_lists_what_a_photo_holds_from_left_to_right()
    {
        var faces = (await ExpectAsync(0, "faces", Whole("two.png", Large, Small), "--json")).Json.GetProperty("faces").EnumerateArray().ToList();
        Assert.Equal([0, 1], faces.Select(f => f.GetProperty("index").GetInt32()));
        Assert.True(faces[0].GetProperty("box").GetProperty("side").GetDouble() < faces[1].GetProperty("box").GetProperty("side").GetDouble());
        Assert.Contains("24,36", (await ExpectAsync(0, "faces", "two.png")).Output, StringComparison.Ordinal);

        var none = await ExpectAsync(1, "faces", Whole("none.png"));
        Assert.Contains("no face was found", none.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Face_chooses_by_number_or_by_place_and_what_was_taken_is_told()
    {
        Whole("two.png", Small, Large);
        async Task<(JsonElement Face, string Vector, string Errors)> EmbedAsync(params string[] face)
        {
            var run = await ExpectAsync(0, ["embed", "two.png", "--json", .. face]);
            return (run.Json[0].GetProperty("face"), run.Json[0].GetProperty("vector").GetProperty("values").ToString(), run.Errors);
        }
        var largest = await EmbedAsync();
        Assert.Equal((1, 2), (largest.Face.GetProperty("index").GetInt32(), largest.Face.GetProperty("of").GetInt32()));
        Assert.Contains("two.png: ", largest.Errors, StringComparison.Ordinal);
        Assert.Contains("There are 2 faces", largest.Errors, StringComparison.Ordinal);
        Assert.Equal(largest.Vector, (await EmbedAsync("--face", "largest")).Vector);
        var left = await EmbedAsync("--face", "0");
        Assert.NotEqual(largest.Vector, left.Vector);
        Assert.Equal(left.Vector, (await EmbedAsync("--face", "20,40")).Vector);
    }

    [Fact]
    public async Task Compare_rotate_and_search_take_whole_photos()
    {
        Whole("people/anna/1.png", Large);
        Whole("other.png", Small);
        var faces = (await ExpectAsync(0, "compare", "people/anna/1.png", "other.png", "--json")).Json.GetProperty("faces").EnumerateArray();
        Assert.Equal(["a.image", "b.image"], faces.Select(f => f.GetProperty("part").GetString()));
        var rotated = (await ExpectAsync(0, "rotate", "other.png", "--like", "people/anna/1.png", "--out", "drawn", "--json")).Json;
        Assert.Equal(["source.image", "targets[0].image"], rotated.GetProperty("faces").EnumerateArray().Select(f => f.GetProperty("part").GetString()));
        await ExpectAsync(0, "search", "index", "people", "--store", "people.faces");
        Assert.Contains("anna", (await ExpectAsync(0, "search", "find", "people/anna/1.png", "--store", "people.faces")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_each_photo_of_a_folder_is_told_what_may_make_it_worse()
    {
        Whole("people/anna/two.png", Small, Large);
        foreach (var verb in new[] { new[] { "search", "index", "people", "--store", "people.faces" }, ["augment", "people", "--out", "more", "--yaw=30"] })
        {
            var told = (await ExpectAsync(0, verb)).Errors;
            Assert.Contains("anna/two.png: ", told, StringComparison.Ordinal);
            Assert.Contains("There are 2 faces", told, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Augment_takes_a_folder_of_whole_photos_and_its_table_names_the_squares()
    {
        Whole("people/anna/1.png", Large);
        Whole("people/boris/2.png");
        var run = await ExpectAsync(3, "augment", "people", "--out", "more", "--yaw=-30,30");
        Assert.Contains("boris/2.png: ", run.Errors, StringComparison.Ordinal);
        Assert.Contains("No face was found", run.Errors, StringComparison.Ordinal);

        using var reader = Sep.Reader().FromFile(Path.Combine(Folder, "more", "augmented.csv"));
        var rows = 0;
        foreach (var row in reader)
        {
            Assert.Equal(("anna/1.png", "1"), (row["source"].ToString(), row["face_finder"].ToString()));
            Assert.Equal(62.4, row["square_side"].Parse<double>(), 0.5);
            rows++;
        }
        Assert.Equal(2, rows);
    }

    [Fact]
    public async Task A_picture_that_was_taken_as_a_whole_has_no_square()
    {
        Directory.CreateDirectory(Path.Combine(Folder, "people/anna"));
        await File.WriteAllBytesAsync(Path.Combine(Folder, "people/anna/1.png"), TinyFinder.Square(), Cancel);
        var face = (await ExpectAsync(0, "embed", "people/anna/1.png", "--json")).Json[0].GetProperty("face");
        Assert.Equal("Assumed", face.GetProperty("crop").GetString());
        Assert.False(face.TryGetProperty("box", out _));

        await ExpectAsync(0, "augment", "people", "--out", "more", "--yaw=30");
        using var reader = Sep.Reader().FromFile(Path.Combine(Folder, "more", "augmented.csv"));
        Assert.True(reader.MoveNext());
        Assert.Equal(("", "1"), (reader.Current["square_side"].ToString(), reader.Current["face_finder"].ToString()));
    }

    [Fact]
    public async Task Squares_that_are_said_to_be_cropped_are_taken_as_they_are()
    {
        var run = await ExpectAsync(0, "embed", Photo("square.png", 1), "--cropped", "--json");
        Assert.False(run.Json[0].TryGetProperty("face", out _));
    }

    [Theory]
    [InlineData("--face is 'middle'", "--face", "middle")]
    [InlineData("--face is '-1'", "--face=-1")]
    [InlineData("give one of the two", "--cropped", "--face", "0")]
    [InlineData("Give one of the two", "--sellion", "1,1", "--mouth", "1,9", "--face", "0")]
    public async Task Contradictions_and_what_is_no_face_are_wrong_use(string words, params string[] options)
    {
        var run = await ExpectAsync(2, ["embed", Whole("people/one.png", Large), .. options]);
        Assert.Contains(words, run.Errors, StringComparison.Ordinal);
        if (!options.Contains("--sellion"))
        {
            Assert.Contains(words, (await ExpectAsync(2, ["augment", "people", "--out", "more", .. options])).Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_lines_of_the_readme_about_whole_photos_run()
    {
        Whole("group.jpg", Small, Large);
        Whole("people/anna/1.jpg", Large);
        var readme = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "README.md"), Cancel);
        var lines = readme.Split("```sh\n")[2].Split("```")[0].Split('\n').Select(l => l.Split('#')[0].Trim()).Where(l => l.Length > 0).ToList();
        Assert.Equal(5, lines.Count);
        foreach (var line in lines)
        {
            await ExpectAsync(0, line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..]);
        }
    }
}
