using System.Diagnostics;

namespace IpGan.CommandLine.Tests;

/// <summary>Which files of a folder are photos of people.</summary>
public sealed class PhotoFolderTests(TinySystem system) : IpGanTest(system)
{
    private static readonly string[] Index = ["search", "index", "faces", "--store", "people.faces", "--json"];

    private static (int Added, int Failed) Counts(IpGanRun run) => (run.Json.GetProperty("added").GetInt32(), run.Json.GetProperty("failed").GetInt32());

    [Fact]
    public async Task What_is_hidden_is_nobody()
    {
        Photo("faces/anna/1.png", 1);
        Photo("faces/anna/._1.png", 2);
        Photo("faces/.Trash-1000/files/2.png", 3);
        Assert.Equal((1, 0), Counts(await ExpectAsync(0, Index)));
        // What was named is meant.
        Photo(".photos/anna/1.png", 1);
        Assert.Equal((1, 0), Counts(await ExpectAsync(0, "search", "index", ".photos", "--store", "other.faces", "--json")));
    }

    [Fact]
    public async Task A_folder_that_is_a_link_is_told_and_not_entered_and_a_photo_that_is_one_is_taken()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        Photo("faces/anna/1.png", 1);
        Photo("more/boris/1.png", 2);
        File.CreateSymbolicLink(Path.Combine(Folder, "faces/anna/2.png"), "1.png");
        Directory.CreateSymbolicLink(Path.Combine(Folder, "faces/boris"), "../more/boris");
        Directory.CreateSymbolicLink(Path.Combine(Folder, "faces/anna/round"), "..");
        var run = await ExpectAsync(0, Index);
        Assert.Equal((2, 0), Counts(run));
        Assert.Contains("boris: a link to a folder", run.Errors, StringComparison.Ordinal);
        Assert.Contains("anna/round: a link to a folder", run.Errors, StringComparison.Ordinal);
        // The one that was named is.
        Directory.CreateSymbolicLink(Path.Combine(Folder, "linked"), "more");
        Assert.Equal((1, 0), Counts(await ExpectAsync(0, "search", "index", "linked", "--store", "other.faces", "--json")));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_read_is_told_and_counts_as_failed_and_the_others_are_done()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Folders have no modes there.");
            return;
        }
        Photo("faces/anna/1.png", 1);
        Photo("faces/boris/1.png", 2);
        var closed = Path.Combine(Folder, "faces/boris");
        var before = File.GetUnixFileMode(closed);
        File.SetUnixFileMode(closed, UnixFileMode.None);
        try
        {
            Assert.SkipWhen(CanRead(closed), "Nothing is closed to this user.");
            var index = await ExpectAsync(3, Index);
            Assert.Equal((1, 1), Counts(index));
            Assert.Contains("boris: ", index.Errors, StringComparison.Ordinal);
            var augment = await ExpectAsync(3, "augment", "faces", "--out", "more", "--yaw=30", "--json");
            Assert.Equal((1, 1), (augment.Json.GetProperty("made").GetInt32(), augment.Json.GetProperty("failed").GetInt32()));
            Assert.Contains("boris: ", augment.Errors, StringComparison.Ordinal);
        }
        finally
        {
            File.SetUnixFileMode(closed, before);
        }
    }

    private static bool CanRead(string folder)
    {
        try
        {
            return Directory.GetFiles(folder).Length > 0;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    [Fact]
    public async Task Names_that_read_alike_are_told_and_the_others_are_done()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere names are text.");
        Photo("faces/anna/1.png", 1);
        // Two bytes that are no UTF-8: both are read as the mark of what cannot be read. A folder, too.
        using (var shell = Process.Start("/bin/sh", ["-c", """cd "$1" && for byte in 376 377; do cp 1.png "$(printf "\\$byte").png"; mkdir "../$(printf "\\$byte")"; done""", "sh", Path.Combine(Folder, "faces/anna")]))
        {
            await shell.WaitForExitAsync(Cancel);
            Assert.Equal(0, shell.ExitCode);
        }
        try
        {
            var run = await ExpectAsync(3, Index);
            Assert.Equal(1, Counts(run).Added);
            Assert.Contains("anna/\uFFFD.png: ", run.Errors, StringComparison.Ordinal);
        }
        finally
        {
            // By names that this program cannot say.
            using var shell = Process.Start("/bin/sh", ["-c", """rm -r "$1"/*""", "sh", Path.Combine(Folder, "faces")]);
            await shell.WaitForExitAsync(CancellationToken.None);
        }
    }
}
