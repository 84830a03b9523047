using CsCheck;

namespace IpGan.FaceSearch.Tests;

public sealed class FileFaceStoreTests : FaceStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File => Path.Combine(_folder.Path, "index", "people.faces");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_address_that_cannot_be_read_is_told_without_its_password()
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => FaceStores.OpenAsync("postgres://me:se#cret/x@host/faces", write: true, Cancel));
        Assert.Contains("# is %23", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("cret", error.Message, StringComparison.Ordinal);
    }

    protected override Task<IFaceStore> OpenAsync(bool write)
    {
        if (!write || Path.Exists(File))
        {
            return Task.FromResult<IFaceStore>(FileFaceStore.Open(File, write));
        }
        return FaceStores.OpenAsync(File, write, Cancel);
    }

    [Fact]
    public async Task A_vector_of_another_length_is_neither_taken_nor_looked_for()
    {
        await using var store = FileFaceStore.Open(File, write: true);
        await store.AddAsync(Faces.Many(0, 3), Cancel);
        foreach (var length in new[] { Faces.Dimension - 1, Faces.Dimension + 1 })
        {
            var vector = Faces.Vector(3, dimension: length);
            foreach (var call in new Func<Task>[]
            {
                () => store.AddAsync([Faces.Face(3) with { Vector = vector }], Cancel),
                () => store.FindAsync(vector, 1, Cancel),
            })
            {
                var e = await Assert.ThrowsAsync<ArgumentException>(call);
                Assert.Contains($"of {Faces.Dimension} and of {length} numbers", e.Message, StringComparison.Ordinal);
            }
        }
        Assert.Equal(3, store.Count);
    }

    [Fact]
    public async Task Who_closes_a_store_waits_for_what_is_done_with_it_and_who_comes_later_is_turned_away()
    {
        var store = FileFaceStore.Open(File, write: true);
        await store.AddAsync(Faces.Many(0, 6), Cancel);
        var converted = new TaskCompletionSource();
        var migrating = store.MigrateAsync(Faces.Space, Faces.Dimension, async (vectors, _) =>
        {
            await converted.Task;
            return vectors;
        }, Cancel);
        var closing = store.DisposeAsync().AsTask();
        var late = store.FindAsync(Faces.Vector(1), 1, Cancel);
        Assert.False(closing.IsCompleted);
        converted.SetResult();
        Assert.Equal(6, await migrating);
        await closing;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => late);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.RemoveAsync(new HashSet<string> { "person0" }, new HashSet<string>(), Cancel));
    }

    [Fact]
    public async Task Many_faces_go_into_several_blocks()
    {
        var faces = Faces.Many(0, 20_000);
        await using (var store = FileFaceStore.Open(File, write: true))
        {
            await store.AddAsync(faces, Cancel);
            Assert.Equal(20_000, store.Count);
        }
        await using var again = FileFaceStore.Open(File, write: false);
        Faces.AssertSame(Faces.Nearest(faces, Faces.Vector(12_345), 5), await again.FindAsync(Faces.Vector(12_345), 5, Cancel));
    }

    [Fact]
    public async Task Wherever_a_write_was_cut_off_the_additions_before_it_stay_and_it_can_be_done_again()
    {
        long whole;
        await using (var store = FileFaceStore.Open(File, write: true))
        {
            await store.AddAsync(Faces.Many(0, 10), Cancel);
            whole = new FileInfo(File).Length;
            await store.AddAsync(Faces.Many(10, 10), Cancel);
        }
        var bytes = await System.IO.File.ReadAllBytesAsync(File, Cancel);
        var cut = Path.Combine(_folder.Path, "cut.faces");
        // Every length, and the end as zeros, as a file system leaves it after a power cut.
        for (var length = whole; length < bytes.Length; length += 7)
        {
            foreach (var zeros in new[] { false, true })
            {
                var left = zeros ? [.. bytes[..(int)length], .. new byte[bytes.Length - length]] : bytes[..(int)length];
                // Texts may end in padding, which is zero anyway.
                if (left.AsSpan().SequenceEqual(bytes))
                {
                    continue;
                }
                await System.IO.File.WriteAllBytesAsync(cut, left, Cancel);
                await using (var reader = FileFaceStore.Open(cut, write: false))
                {
                    Assert.Equal(10, reader.Count);
                }
                await using var writer = FileFaceStore.Open(cut, write: true);
                Assert.Equal(10, (await writer.IdsAsync(Cancel)).Count);
                await writer.AddAsync(Faces.Many(0, 20), Cancel);
                Assert.Equal(20, writer.Count);
                Faces.AssertSame(Faces.Nearest(Faces.Many(0, 20), Faces.Vector(15), 20), await writer.FindAsync(Faces.Vector(15), 20, Cancel));
            }
        }
    }

    [Fact]
    public async Task A_byte_that_changed_before_the_end_is_damage_that_a_writer_finds()
    {
        await using (var store = FileFaceStore.Open(File, write: true))
        {
            await store.AddAsync(Faces.Many(0, 10), Cancel);
            await store.AddAsync(Faces.Many(10, 10), Cancel);
        }
        var bytes = await System.IO.File.ReadAllBytesAsync(File, Cancel);
        // The length of one block: both are alike.
        var first = (bytes.Length - 512) / 2;
        Gen.Int[0, 512 + first - 1].Sample(at =>
        {
            var damaged = Path.Combine(_folder.Path, $"{Guid.NewGuid():N}.faces");
            var changed = bytes.ToArray();
            changed[at] ^= 0x40;
            System.IO.File.WriteAllBytes(damaged, changed);
            var e = Assert.Throws<InvalidDataException>(() => FileFaceStore.Open(damaged, write: true));
            Assert.Contains(damaged, e.Message, StringComparison.Ordinal);
            Assert.Equal(changed, System.IO.File.ReadAllBytes(damaged));
        }, iter: 200, threads: 1);
    }

    [Fact]
    public async Task A_second_writer_is_turned_away_and_readers_are_not()
    {
        await using var writer = FileFaceStore.Open(File, write: true);
        await writer.AddAsync(Faces.Many(0, 3), Cancel);
        Assert.Throws<IOException>(() => FileFaceStore.Open(File, write: true));
        await using var reader = FileFaceStore.Open(File, write: false);
        await writer.AddAsync(Faces.Many(3, 3), Cancel);
        Assert.Equal(3, reader.Count);
        Assert.Equal(3, (await reader.FindAsync(Faces.Vector(1), 10, Cancel)).Count);
        await Assert.ThrowsAsync<InvalidOperationException>(() => reader.AddAsync(Faces.Many(9, 1), Cancel));
    }

    [Fact]
    public async Task Nothing_of_who_was_removed_is_left_in_the_file()
    {
        await using (var store = FileFaceStore.Open(File, write: true))
        {
            await store.AddAsync(Faces.Many(0, 20), Cancel);
            await store.RemoveAsync(new HashSet<string> { Faces.Face(5).Person }, new HashSet<string>(), Cancel);
        }
        var bytes = await System.IO.File.ReadAllBytesAsync(File, Cancel);
        Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(Faces.Face(5).Person)));
        Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(Faces.Unit(Faces.Vector(5)))));
        Assert.Equal([Path.GetFileName(File), Path.GetFileName(File) + ".lock"], Directory.GetFiles(Path.GetDirectoryName(File)!).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_reader_sees_what_there_was_when_it_opened_also_after_a_removal()
    {
        await using var writer = FileFaceStore.Open(File, write: true);
        await writer.AddAsync(Faces.Many(0, 6), Cancel);
        await using var reader = FileFaceStore.Open(File, write: false);
        await writer.RemoveAsync(new HashSet<string> { Faces.Face(0).Person }, new HashSet<string>(), Cancel);
        Assert.Equal(6, (await reader.FindAsync(Faces.Vector(1), 10, Cancel)).Count);
        Assert.Equal(3, (await writer.FindAsync(Faces.Vector(1), 10, Cancel)).Count);
        await Assert.ThrowsAsync<InvalidOperationException>(() => reader.RemoveAsync(new HashSet<string>(), new HashSet<string>(), Cancel));
        await Assert.ThrowsAsync<InvalidOperationException>(() => reader.MigrateAsync("identity-0b0b0b0b@square1+given", 16, (v, _) => Task.FromResult(v), Cancel));
    }

    [Fact]
    public async Task What_a_killed_rewriting_left_behind_is_not_looked_at()
    {
        await using (var store = FileFaceStore.Open(File, write: true))
        {
            await store.AddAsync(Faces.Many(0, 6), Cancel);
        }
        await System.IO.File.WriteAllBytesAsync($"{File}.part", (await System.IO.File.ReadAllBytesAsync(File, Cancel))[..700], Cancel);
        await using var again = FileFaceStore.Open(File, write: true);
        await again.RemoveAsync(new HashSet<string>(), new HashSet<string> { Faces.Face(0).Id }, Cancel);
        Assert.Equal(5, again.Count);
        Assert.False(System.IO.File.Exists($"{File}.part"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Behind_a_link_the_file_itself_is_locked_and_rewritten(bool folderToo)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        await using (var store = FileFaceStore.Open(File, write: true))
        {
            await store.AddAsync(Faces.Many(0, 20), Cancel);
        }
        // Seen from where the folder really is.
        var link = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder.Path, "links")).FullName, "link.faces");
        System.IO.File.CreateSymbolicLink(link, Path.Combine("..", "index", Path.GetFileName(File)));
        if (folderToo)
        {
            var folder = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder.Path, "a", "b")).FullName, "links");
            Directory.CreateSymbolicLink(folder, Path.GetDirectoryName(link)!);
            link = Path.Combine(folder, Path.GetFileName(link));
        }
        await using (var store = FileFaceStore.Open(link, write: true))
        {
            Assert.Throws<IOException>(() => FileFaceStore.Open(File, write: true));
            await store.RemoveAsync(new HashSet<string> { Faces.Face(5).Person }, new HashSet<string>(), Cancel);
        }
        Assert.NotNull(new FileInfo(link).LinkTarget);
        Assert.Equal(-1, (await System.IO.File.ReadAllBytesAsync(File, Cancel)).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(Faces.Face(5).Person)));
        await using var again = FileFaceStore.Open(link, write: false);
        Assert.Equal(17, again.Count);
    }

    [Fact]
    public async Task Links_in_a_circle_are_told()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        var (one, other) = (Path.Combine(_folder.Path, "one.faces"), Path.Combine(_folder.Path, "other.faces"));
        System.IO.File.CreateSymbolicLink(one, other);
        System.IO.File.CreateSymbolicLink(other, one);
        await Assert.ThrowsAsync<IOException>(() => FaceStores.OpenAsync(one, write: true, Cancel));
    }

    [Fact]
    public async Task Who_may_read_the_file_stays_so_when_it_is_rewritten()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Files have no modes there.");
            return;
        }
        await using var store = FileFaceStore.Open(File, write: true);
        await store.AddAsync(Faces.Many(0, 6), Cancel);
        foreach (var mode in new[] { UnixFileMode.UserRead | UnixFileMode.UserWrite, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite })
        {
            System.IO.File.SetUnixFileMode(File, mode);
            // Left behind by a kill, and open to all.
            await System.IO.File.WriteAllBytesAsync($"{File}.part", [], Cancel);
            await store.MigrateAsync(Faces.Space, Faces.Dimension, (vectors, _) =>
            {
                Assert.True(OperatingSystem.IsWindows() || (System.IO.File.GetUnixFileMode($"{File}.part") & ~mode) == 0);
                return Task.FromResult(vectors);
            }, Cancel);
            Assert.Equal(mode, System.IO.File.GetUnixFileMode(File));
        }
    }

    [Fact]
    public async Task A_rewriting_that_fails_leaves_nothing_beside_the_file()
    {
        await using var store = FileFaceStore.Open(File, write: true);
        await store.AddAsync(Faces.Many(0, 6), Cancel);
        await Assert.ThrowsAsync<IOException>(() => store.MigrateAsync(Faces.Space, Faces.Dimension, (_, _) => throw new IOException("The gateway is gone."), Cancel));
        Assert.False(System.IO.File.Exists($"{File}.part"));
        Assert.Equal(6, store.Count);
    }

    [Fact]
    public void What_is_not_there_and_what_is_something_else_is_said()
    {
        Assert.Contains(File, Assert.Throws<FileNotFoundException>(() => FileFaceStore.Open(File, write: false)).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        foreach (var content in new[] { "", "path,person\n", new string('x', 5000) })
        {
            System.IO.File.WriteAllText(File, content);
            foreach (var write in new[] { false, true })
            {
                Assert.Contains("no face file", Assert.Throws<InvalidDataException>(() => FileFaceStore.Open(File, write)).Message, StringComparison.Ordinal);
            }
            Assert.Equal(content, System.IO.File.ReadAllText(File));
        }
    }
}
