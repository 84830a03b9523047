using System.CommandLine;
using System.Security.Cryptography;
using IpGan.CommandLine.Augmenting;

namespace IpGan.CommandLine;

internal static class AugmentVerb
{
    private const string LockFile = ".augment.lock";
    private const int MaxPoses = 64;

    public static Command Create()
    {
        var from = PhotoFolder.Argument();
        var places = PhotoFolder.Places();
        var faces = new FaceOptions();
        var to = new Option<string>("--out") { Description = "The folder for the pictures and for augmented.csv, which tells what each was made from.", Required = true, HelpName = "FOLDER" };
        var shard = new Option<string?>("--shard")
        {
            Description = "Only one of several equal parts of the people, for many processes at once: 0/8 is the first of eight. Each part goes into a folder of its own; "
                + "all pictures of a person are in one.",
            HelpName = "INDEX/COUNT",
        };
        var poses = new PoseOptions("-60,-30,0,30,60");
        var pictures = new PictureOptions();
        return Verb.Create("augment", "Multiplies a folder of faces: every photo in every pose, as PERSON/PHOTO_POSE. Stopped or killed, it goes on where it was. "
            + "A photo is known by its path below FOLDER alone: another folder wants another --out.",
            [from, places, .. faces.Symbols, to, shard, .. poses.Symbols, .. pictures.Symbols], async (parse, client, cancel) =>
        {
            var wanted = poses.Read(parse);
            if (wanted.Count > MaxPoses)
            {
                throw new ArgumentException($"There are {wanted.Count} poses; {MaxPoses} is the limit.");
            }
            var part = parse.GetValue(shard) is { } text ? Shard.Parse(text) : null;
            var photos = faces.Open(parse, parse.GetValue(from)!, parse.GetValue(places));
            var folder = Path.GetFullPath(parse.GetValue(to)!);
            var seen = Path.GetRelativePath(parse.GetValue(from)!, folder);
            // Rooted: on another drive.
            if (!Path.IsPathRooted(seen) && seen.Split(Path.DirectorySeparatorChar)[0] != "..")
            {
                throw new ArgumentException("--out lies in the folder of the photos; its pictures would be taken for photos by the next run.");
            }
            Directory.CreateDirectory(folder);
            // One run at a time; the system unlocks it whatever happens to this process.
            using var alone = new FileStream(Path.Combine(folder, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            var (format, extension, size, quality) = pictures.Read(parse);
            new AugmentSettings([.. wanted.Select(p => p.Name)], format.ToString(), size, quality, part?.ToString())
            {
                Like = wanted.Select(p => p.Sha256).OfType<string>().ToList() is { Count: > 0 } photosOfPoses ? photosOfPoses : null,
                Face = faces.Setting(parse),
                Places = parse.GetValue(places) is { } file ? Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(file, cancel))) : null,
            }.Claim(folder);
            foreach (var unfinished in Directory.EnumerateFiles(folder, $"*{AtomicFile.Unfinished}", SearchOption.AllDirectories))
            {
                File.Delete(unfinished);
            }
            using var table = AugmentTable.Open(folder);
            var run = new AugmentRun(client, photos, folder, wanted, (person, list) => pictures.Request(parse, person, list), extension);
            var jobs = run.Plan(table, part);
            var result = await Bar.RunAsync("photos", jobs.Count, done => run.RunAsync(table, jobs, done, cancel));
            Output.Write(parse, result, ["made", "already there", "photos that failed"], [[Verb.Number(result.Made), Verb.Number(result.AlreadyThere), Verb.Number(result.Failed)]]);
            return ExitCode.Of(run.PhotosOf(part).Count() + photos.UnreadableFolders, result.Failed);
        });
    }
}
