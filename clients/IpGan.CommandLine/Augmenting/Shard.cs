using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace IpGan.CommandLine.Augmenting;

/// <summary>One of several equal parts of the people in a folder. Who is in which follows from the name alone, whoever else comes or goes.</summary>
/// <param name="Index">From 0.</param>
/// <param name="Count">At least 1.</param>
internal sealed record Shard(int Index, int Count)
{
    /// <exception cref="ArgumentException">It is no INDEX/COUNT.</exception>
    public static Shard Parse(string text) =>
        text.Split('/') is [var i, var n] && int.TryParse(i, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            && int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && index < count
            ? new Shard(index, count)
            : throw new ArgumentException($"--shard is '{text}'; it is like 0/8, the first of eight, to 7/8, the last.");

    /// <summary>A photo beside the people's folders counts as somebody.</summary>
    public bool Holds(FolderPhoto photo) =>
        XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(photo.Person.Length > 0 ? photo.Person : photo.Name)) % (ulong)Count == (ulong)Index;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Index}/{Count}");
}
