using System.Globalization;
using System.Numerics;

namespace IpGan.Rendering.Assets;

/// <summary>A text asset, read word by word. Every complaint names file and line.</summary>
internal sealed class AssetText
{
    private readonly string _path;
    private readonly string[] _lines;
    private int _line = -1;

    private AssetText(string path, string[] lines) => (_path, _lines) = (path, lines);

    /// <summary>The words of the current line.</summary>
    public string[] Words { get; private set; } = [];

    /// <exception cref="AssetException">There is no such file, or it cannot be read.</exception>
    public static AssetText Open(string path)
    {
        try
        {
            return new AssetText(path, File.ReadAllLines(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AssetException($"'{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Goes to the next line that has words and is no comment.</summary>
    public bool Next()
    {
        while (++_line < _lines.Length)
        {
            var line = _lines[_line].AsSpan().Trim();
            if (line.Length > 0 && line[0] != '#')
            {
                Words = _lines[_line].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
                return true;
            }
        }
        Words = [];
        return false;
    }

    /// <summary>A number of the current line.</summary>
    public float Number(int word) => word < Words.Length && float.TryParse(Words[word], NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        && float.IsFinite(value)
        ? value
        : throw Wrong($"word {word + 1} should be a number, but is {Quote(word)}");

    /// <summary>Three numbers of the current line.</summary>
    public Vector3 Point(int word) => new(Number(word), Number(word + 1), Number(word + 2));

    /// <summary>A whole number of the current line, from 0 to below <paramref name="count"/>.</summary>
    public int Index(int word, int count) => word < Words.Length && int.TryParse(Words[word], NumberStyles.None, CultureInfo.InvariantCulture, out var value)
        && value < count
        ? value
        : throw Wrong($"word {word + 1} should be a vertex from 0 to {count - 1}, but is {Quote(word)}");

    /// <summary>What is wrong with the current line.</summary>
    public AssetException Wrong(string what) => new($"'{_path}', line {Math.Min(_line, _lines.Length) + 1}: {what}.");

    private string Quote(int word) => word < Words.Length ? $"'{Words[word]}'" : "missing";
}
