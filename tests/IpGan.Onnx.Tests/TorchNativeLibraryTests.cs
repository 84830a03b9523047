using IpGan.Onnx.Native;

namespace IpGan.Onnx.Tests;

/// <summary>The patch on the real library, as TorchSharp's package brings it.</summary>
public sealed class TorchNativeLibraryTests : IDisposable
{
    private const string OldSymbol = "_ZSt9uncaught_exceptionv";
    private static readonly byte[] Original = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "original", "libLibTorchSharp.so"));

    private readonly string _folder = Directory.CreateTempSubdirectory("ipgan-native-").FullName;

    private string Library => Path.Combine(_folder, "libLibTorchSharp.so");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_package_s_library_needs_the_newer_symbol()
    {
        var elf = new ElfReader(Original);
        Assert.True(ElfSymbolVersionPatch.IsNeeded(Original));
        Assert.Contains(("libstdc++.so.6", ElfSymbolVersionPatch.NewVersion), elf.Needs().Select(n => (n.Library, n.Version)));
        Assert.Contains((ElfSymbolVersionPatch.NewSymbol, ElfSymbolVersionPatch.NewVersion), elf.Wanted());
    }

    [Fact]
    public void Afterwards_the_loader_is_asked_for_an_old_symbol_and_nothing_else_has_changed()
    {
        var patched = ElfSymbolVersionPatch.Apply(Original);
        var (before, after) = (new ElfReader(Original), new ElfReader(patched));

        Assert.False(ElfSymbolVersionPatch.IsNeeded(patched));
        Assert.Equal(
            before.Needs().Select(n => n with { Version = n.Version == ElfSymbolVersionPatch.NewVersion ? "GLIBCXX_3.4" : n.Version }), after.Needs());
        Assert.Equal(
            before.Wanted().Select(s => s == (ElfSymbolVersionPatch.NewSymbol, ElfSymbolVersionPatch.NewVersion) ? (OldSymbol, "GLIBCXX_3.4") : s), after.Wanted());
        Assert.Equal(Original.Length, patched.Length);
        // A name, a version index, a hash and an offset.
        Assert.InRange(Original.Zip(patched).Count(b => b.First != b.Second), 1, 40);
    }

    [Fact]
    public void A_library_is_patched_once_and_keeps_its_time()
    {
        var time = new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc);
        File.WriteAllBytes(Library, Original);
        File.SetLastWriteTimeUtc(Library, time);

        TorchNativeLibrary.EnsurePatched(Library);
        Assert.Equal(ElfSymbolVersionPatch.Apply(Original), File.ReadAllBytes(Library));
        Assert.Equal(time, File.GetLastWriteTimeUtc(Library));

        // There is nothing left to patch, and the second call does not try.
        Assert.Contains("does not need", Assert.Throws<InvalidDataException>(() => ElfSymbolVersionPatch.Apply(File.ReadAllBytes(Library))).Message, StringComparison.Ordinal);
        TorchNativeLibrary.EnsurePatched(Library);
        Assert.Equal(ElfSymbolVersionPatch.Apply(Original), File.ReadAllBytes(Library));
        Assert.Equal([Library], Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_library_that_needs_nothing_is_left_alone()
    {
        var other = Path.Combine(AppContext.BaseDirectory, "libSkiaSharp.so");
        var time = new DateTime(2024, 5, 6, 7, 8, 9, DateTimeKind.Utc);
        File.Copy(other, Library);
        File.SetLastWriteTimeUtc(Library, time);

        TorchNativeLibrary.EnsurePatched(Library);
        Assert.Equal(time, File.GetLastWriteTimeUtc(Library));
        Assert.True(File.ReadAllBytes(other).AsSpan().SequenceEqual(File.ReadAllBytes(Library)));
        Assert.Contains("does not need", Assert.Throws<InvalidDataException>(() => ElfSymbolVersionPatch.Apply(File.ReadAllBytes(Library))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_library_is_refused_by_name()
    {
        File.WriteAllText(Library, "#!/bin/sh\n" + new string('x', 100));
        var error = Assert.Throws<InvalidOperationException>(() => TorchNativeLibrary.EnsurePatched(Library));
        Assert.Contains(Library, error.Message, StringComparison.Ordinal);
        Assert.Contains("Not a 64-bit little-endian ELF library", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(5_000)]
    [InlineData(-1)]
    [InlineData(-64)]
    public void A_truncated_library_is_refused(int length)
    {
        var cut = Original[..(length >= 0 ? length : Original.Length + length)];
        Assert.Throws<InvalidDataException>(() => ElfSymbolVersionPatch.IsNeeded(cut));
        Assert.Throws<InvalidDataException>(() => ElfSymbolVersionPatch.Apply(cut));
    }

    [Fact]
    public async Task Many_at_once_end_with_one_whole_library_and_none_ever_sees_half_of_it()
    {
        var cancel = TestContext.Current.CancellationToken;
        var patched = ElfSymbolVersionPatch.Apply(Original);
        File.WriteAllBytes(Library, Original);
        using var done = new CancellationTokenSource();
        var reader = Task.Run(() =>
        {
            do
            {
                var seen = File.ReadAllBytes(Library);
                Assert.True(seen.AsSpan().SequenceEqual(Original) || seen.AsSpan().SequenceEqual(patched));
            }
            while (!done.IsCancellationRequested);
        }, cancel);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => TorchNativeLibrary.EnsurePatched(Library), cancel)));
        await done.CancelAsync();
        await reader;

        Assert.Equal(patched, File.ReadAllBytes(Library));
        Assert.Equal([Library], Directory.GetFiles(_folder));
    }
}
