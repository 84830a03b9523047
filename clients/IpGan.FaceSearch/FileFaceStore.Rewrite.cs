using System.Runtime.InteropServices;
using IpGan.Client;

namespace IpGan.FaceSearch;

/// <summary>Changes that additions cannot express: the faces that are left are written into a new file, so that what was removed is nowhere in it.</summary>
public sealed partial class FileFaceStore
{
    /// <inheritdoc />
    public async Task<IReadOnlyList<FaceName>> RemoveAsync(IReadOnlySet<string> people, IReadOnlySet<string> ids, CancellationToken cancel = default)
    {
        RequireWriter();
        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            bool Goes(FaceName face) => people.Contains(face.Person) || ids.Contains(face.Id);
            var removed = _blocks.SelectMany(Texts).Select(t => new FaceName(t.Id, t.Person)).Where(Goes).ToList();
            if (removed.Count > 0)
            {
                var left = _blocks.SelectMany(Faces).Where(f => !Goes(new FaceName(f.Id, f.Person)));
                await RewriteAsync(Space!, _dimension, left.Chunk(FaceFileFormat.MaxFaces).ToAsyncEnumerable(), cancel).ConfigureAwait(false);
            }
            return removed;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc />
    public async Task<long> MigrateAsync(string space, int dimension, VectorConversion convert, CancellationToken cancel = default)
    {
        RequireWriter();
        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            var converted = _blocks.SelectMany(Faces).Chunk(FaceFileFormat.MaxFaces).ToAsyncEnumerable()
                .Select(async (IndexedFace[] faces, CancellationToken token) => await FaceStores.ConvertAsync(faces, space, dimension, convert, token).ConfigureAwait(false));
            await RewriteAsync(space, dimension, converted, cancel).ConfigureAwait(false);
            return Count;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task RewriteAsync(string space, int dimension, IAsyncEnumerable<IndexedFace[]> chunks, CancellationToken cancel)
    {
        try
        {
            using (var part = CreatePart())
            {
                part.Write(FaceFileFormat.Head(space, dimension));
                await foreach (var chunk in chunks.WithCancellation(cancel).ConfigureAwait(false))
                {
                    part.Write(FaceFileFormat.Block(chunk, dimension));
                }
                part.Flush(flushToDisk: true);
            }
            _map?.Dispose();
            _file?.Dispose();
            _map = null;
            File.Move(PartPath, _path, overwrite: true);
        }
        catch
        {
            File.Delete(PartPath);
            throw;
        }
        _blocks.Clear();
        _ids.Clear();
        Load();
    }

    /// <summary>An empty file that those may read and write who may the old one, and at no moment others.</summary>
    private FileStream CreatePart()
    {
        // One that was left behind would keep its mode.
        File.Delete(PartPath);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (OperatingSystem.IsWindows() || _file is null)
        {
            return new FileStream(PartPath, options);
        }
        options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var part = new FileStream(PartPath, options);
        try
        {
            var mode = File.GetUnixFileMode(_file.SafeFileHandle);
            // Some file systems have one mode for all files, and let nobody set it.
            if (File.GetUnixFileMode(part.SafeFileHandle) != mode)
            {
                File.SetUnixFileMode(part.SafeFileHandle, mode);
            }
            return part;
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    private IEnumerable<IndexedFace> Faces(FaceBlock block)
    {
        var vectors = MemoryMarshal.Cast<byte, float>(Read(block.VectorsAt, block.TextsAt - block.VectorsAt).AsSpan()).ToArray();
        return Texts(block).Select((text, row) => new IndexedFace(
            text.Id, text.Person, new IdentityVector(vectors.AsMemory(row * _dimension, _dimension), Space!, text.ModelVersion)));
    }
}
