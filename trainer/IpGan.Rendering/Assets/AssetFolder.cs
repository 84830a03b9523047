namespace IpGan.Rendering.Assets;

/// <summary>Where MakeHuman's assets lie: the folder itself, or the data folder of a checkout of MakeHuman or of its assets.</summary>
internal sealed class AssetFolder
{
    private static readonly string[] Layouts = [".", "data", "base", "makehuman/data"];
    private readonly string[] _roots;

    /// <exception cref="AssetException">There is no such folder, or it has no base mesh.</exception>
    public AssetFolder(string folder)
    {
        if (!Directory.Exists(folder))
            throw new AssetException($"There is no folder '{folder}'. Give one with MakeHuman's assets: 3dobjs/base.obj, targets/, hair/, skins/, eyes/.");
        _roots = [.. Layouts.Select(l => Path.GetFullPath(Path.Combine(folder, l))).Where(Directory.Exists).Distinct()];
        BaseMesh = _roots.Select(r => Path.Combine(r, "3dobjs", "base.obj")).FirstOrDefault(File.Exists)
            ?? throw new AssetException($"'{folder}' has no 3dobjs/base.obj, MakeHuman's base mesh.");
    }

    /// <summary>The base mesh's file.</summary>
    public string BaseMesh { get; }

    /// <summary>Files below a folder by ending, in one order on every machine.</summary>
    /// <exception cref="AssetException">There are none.</exception>
    public IReadOnlyList<string> Files(string folder, string ending)
    {
        var files = _roots.Select(r => Path.Combine(r, folder)).Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateFiles(f, $"*{ending}", SearchOption.AllDirectories).Select(file => (File: file, Name: Path.GetRelativePath(f, file))))
            .OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => f.File).ToList();
        return files.Count > 0 ? files : throw new AssetException($"There is no {folder}/…{ending} in {string.Join(" or ", _roots.Select(r => $"'{r}'"))}.");
    }

    /// <summary>The texture of a fitted mesh: that of its material, or the picture beside it that bears its name.</summary>
    /// <exception cref="AssetException">There is none.</exception>
    public static string TextureOf(string fitted)
    {
        var folder = Path.GetDirectoryName(fitted)!;
        var material = Path.ChangeExtension(fitted, ".mhmat");
        var name = Path.GetFileNameWithoutExtension(fitted) + ".png";
        if (File.Exists(material))
        {
            var text = AssetText.Open(material);
            while (text.Next())
            {
                if (text.Words[0] == "diffuseTexture")
                    name = text.Words.Length > 1 ? text.Words[1] : throw text.Wrong("diffuseTexture should name a file");
            }
        }
        // Copies of the assets differ in capitals.
        return Directory.EnumerateFiles(folder).FirstOrDefault(f => string.Equals(Path.GetFileName(f), name, StringComparison.OrdinalIgnoreCase))
            ?? throw new AssetException($"There is no texture '{Path.Combine(folder, name)}' for '{fitted}'.");
    }
}
