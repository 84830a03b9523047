using IpGan.Imaging;

namespace IpGan.CommandLine.Tests;

/// <summary>Verbs that ask once.</summary>
public sealed class SimpleVerbTests(TinySystem system) : IpGanTest(system)
{
    private static int SizeOf(string path) => PictureDecoder.Decode(File.ReadAllBytes(path)).PixelWidth;

    [Fact]
    public async Task Embed_gives_vectors_with_their_space()
    {
        var photos = (await ExpectAsync(0, "embed", Photo("a.png", 1), Photo("b.png", 2), "--json")).Json.EnumerateArray().ToList();
        Assert.Equal(["a.png", "b.png"], photos.Select(p => p.GetProperty("photo").GetString()));
        Assert.All(photos, p =>
        {
            var vector = p.GetProperty("vector");
            Assert.Equal(TinyPackages.IdentitySpace(TinySystem.SpaceId), vector.GetProperty("space").GetString());
            Assert.Equal(1, vector.GetProperty("values").EnumerateArray().Sum(v => v.GetDouble() * v.GetDouble()), 1e-5);
        });
        var table = (await ExpectAsync(0, "embed", "a.png", "b.png")).Output;
        Assert.Contains(TinyPackages.IdentitySpace(TinySystem.SpaceId), table, StringComparison.Ordinal);
        Assert.Contains("b.png", table, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Embed_gives_poses_with_their_angles()
    {
        var photo = (await ExpectAsync(0, "embed", Photo("a.png", 1), "--pose", "--json")).Json[0];
        Assert.Equal(TinyPackages.PoseSpace(TinySystem.SpaceId), photo.GetProperty("vector").GetProperty("space").GetString());
        Assert.InRange(photo.GetProperty("angles").GetProperty("yaw").GetDouble(), -60, 60);
    }

    [Theory]
    [InlineData("--json")]
    [InlineData("--pose", "--json")]
    public async Task A_photo_among_others_that_cannot_be_used_is_told_and_the_others_are_done(params string[] more)
    {
        await File.WriteAllTextAsync(Path.Combine(Folder, "bad.jpg"), "no picture", Cancel);
        var run = await ExpectAsync(3, ["embed", Photo("a.png", 1), "bad.jpg", "missing.jpg", Photo("c.png", 2), .. more]);
        Assert.Equal(["a.png", "c.png"], run.Json.EnumerateArray().Select(p => p.GetProperty("photo").GetString()));
        Assert.Contains("bad.jpg", run.Errors, StringComparison.Ordinal);
        Assert.Contains("missing.jpg", run.Errors, StringComparison.Ordinal);
        await ExpectAsync(1, ["embed", "bad.jpg", .. more]);
    }

    [Fact]
    public async Task A_face_is_cut_from_the_place_that_is_given()
    {
        await File.WriteAllBytesAsync(Path.Combine(Folder, "whole.png"), Pictures.Photo(400, 300, SkiaSharp.SKEncodedImageFormat.Png), Cancel);
        async Task<string> At(string sellion, params string[] more) =>
            (await ExpectAsync(0, ["embed", "whole.png", "--sellion", sellion, "--mouth", "200,170", "--json", .. more])).Output;
        var one = await At("200,120");
        Assert.Equal(one, await At("200,120"));
        Assert.NotEqual(one, await At("180,100"));
        Assert.NotEqual(one, await At("200,120", "--face-yaw", "-60"));
    }

    [Fact]
    public async Task Compare_scores_two_photos()
    {
        Photo("a.png", 1);
        Photo("b.png", 2);
        foreach (var (other, same) in new[] { ("a.png", true), ("b.png", false) })
        {
            var comparison = (await ExpectAsync(0, "compare", "a.png", other, "--json")).Json;
            var score = comparison.GetProperty("score").GetDouble();
            Assert.Equal(same, score > 0.99999);
            Assert.Equal(TinyPackages.MatchThreshold, comparison.GetProperty("threshold").GetDouble(), 1e-5);
            Assert.Equal(score >= TinyPackages.MatchThreshold, comparison.GetProperty("samePerson").GetBoolean());
            Assert.Contains(score >= TinyPackages.MatchThreshold ? " yes " : " no ", (await ExpectAsync(0, "compare", "a.png", other)).Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Rotate_draws_every_pose_into_a_file()
    {
        Photo("like this.png", 3);
        var run = await ExpectAsync(0, "rotate", Photo("anna.png", 1), "--yaw", "-30,0.5", "--pitch", "10", "--preset", "frontal", "--like", "like this.png",
            "--format", "jpeg", "--size", "48", "--out", "drawn", "--json");
        string[] names = ["anna_frontal.jpg", "anna_like-like this.jpg", "anna_yaw+0.5_pitch+10.jpg", "anna_yaw-30_pitch+10.jpg"];
        Assert.Equal(names, FilesIn("drawn"));
        Assert.All(names, n => Assert.Equal(48, SizeOf(Path.Combine(Folder, "drawn", n))));
        Assert.Equal(4, run.Json.GetProperty("pictures").GetArrayLength());
        Assert.Equal("1", run.Json.GetProperty("models").GetProperty("generator").GetString());
    }

    [Fact]
    public async Task Rotate_takes_several_photos_of_one_person()
    {
        Photo("1.png", 1);
        Photo("2.png", 2);
        Photo("3.png", 3);
        var together = (await ExpectAsync(0, "rotate", "1.png", "2.png", "3.png", "--json")).Json.GetProperty("identity").ToString();
        Assert.NotEqual(together, (await ExpectAsync(0, "rotate", "1.png", "--json")).Json.GetProperty("identity").ToString());
        Assert.Equal(["1.png", "1_yaw+0.png", "1_yaw+40.png", "1_yaw-40.png", "2.png", "3.png"], FilesIn("."));
    }

    [Fact]
    public async Task Sweep_numbers_its_pictures_as_the_head_turns()
    {
        await ExpectAsync(0, "sweep", Photo("anna.png", 1), "--from", "-60", "--to", "60", "--steps", "5", "--out", "turn");
        Assert.Equal(["anna_01_yaw-60.png", "anna_02_yaw-30.png", "anna_03_yaw+0.png", "anna_04_yaw+30.png", "anna_05_yaw+60.png"], FilesIn("turn"));
    }

    [Fact]
    public async Task Sample_draws_the_same_new_people_for_the_same_seed()
    {
        foreach (var (folder, seed) in new[] { ("a", "5"), ("b", "5"), ("c", "6") })
        {
            await ExpectAsync(0, "sample", "--count", "3", "--seed", seed, "--yaw", "-20,20", "--out", folder);
        }
        Assert.Equal(["new-5-1/yaw+20.png", "new-5-1/yaw-20.png", "new-5-2/yaw+20.png", "new-5-2/yaw-20.png", "new-5-3/yaw+20.png", "new-5-3/yaw-20.png"], FilesIn("a"));
        byte[] Read(string name) => File.ReadAllBytes(Path.Combine(Folder, name));
        Assert.All(FilesIn("a"), f => Assert.Equal(Read($"a/{f}"), Read($"b/{f}")));
        Assert.NotEqual(Read("a/new-5-1/yaw+20.png"), Read("c/new-6-1/yaw+20.png"));
        Assert.NotEqual(Read("a/new-5-1/yaw+20.png"), Read("a/new-5-2/yaw+20.png"));
    }
}
