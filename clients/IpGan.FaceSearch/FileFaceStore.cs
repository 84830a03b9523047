using System.IO.Hashing;
using IpGan.Client;

namespace IpGan.FaceSearch;

/// <summary>
/// Faces in one file, searched exactly. An addition is one block with a check, written and flushed before <see cref="AddAsync"/> returns; one that was cut
/// off is not seen by readers and is cut away by the next writer. Whatever else changes is a new file that takes the old one's place. One writer at a
/// time; readers see what was there when they opened it.
/// </summary>
public sealed partial class FileFaceStore : IFaceStore
{
    // One behind the other: as many as Linux follows.
    private const int MaxLinks = 40;

    private readonly string _path;
    private readonly bool _write;
    private readonly SemaphoreSlim _gate = new(1);
    private readonly List<FaceBlock> _blocks = [];
    private readonly HashSet<string> _ids = [];
    private FileStream? _file;
    private FileStream? _lock;
    private MappedFile? _map;
    private int _dimension;
    private long _end;
    private bool _closed;

    /// <param name="path">Of the file itself: a new one must not take a link's place, and whatever way a writer came, the lock must be the same.</param>
    /// <param name="write">It shall be added to.</param>
    private FileFaceStore(string path, bool write) => (_path, _write) = (path, write);

    // What is not whole yet; left behind by a kill it is written over by the next.
    private string PartPath => $"{_path}.part";

    /// <inheritdoc />
    public string? Space { get; private set; }

    /// <summary>Faces in it.</summary>
    public long Count => _blocks.Sum(b => (long)b.Faces);

    /// <summary>Opens a file.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="write">It shall be added to: it is made if it is not there, locked against other writers, and checked as a whole.</param>
    /// <exception cref="IOException">It is not there, or another writes to it.</exception>
    /// <exception cref="InvalidDataException">It is damaged, or no face file.</exception>
    public static FileFaceStore Open(string path, bool write)
    {
        if (!write && !File.Exists(path))
        {
            throw new FileNotFoundException($"There is no face file '{path}'.", path);
        }
        var links = MaxLinks;
        // Most are no links: their paths stay as they were given.
        var store = new FileFaceStore(new FileInfo(path).LinkTarget is null ? path : Real(path, ref links), write);
        try
        {
            store.Lock();
            if (File.Exists(store._path))
            {
                store.Load();
            }
            return store;
        }
        catch (Exception e)
        {
            store.Close();
            if (e is InvalidDataException)
            {
                throw new InvalidDataException($"'{path}' cannot be used: {e.Message}.", e);
            }
            throw;
        }
    }

    /// <inheritdoc />
    public Task<IReadOnlySet<string>> IdsAsync(CancellationToken cancel = default) => AloneAsync<IReadOnlySet<string>>(
        () => _write ? new HashSet<string>(_ids) : _blocks.SelectMany(Texts).Select(t => t.Id).ToHashSet(), cancel);

    /// <inheritdoc />
    public Task AddAsync(IReadOnlyList<IndexedFace> faces, CancellationToken cancel = default)
    {
        RequireWriter();
        return AloneAsync(() =>
        {
            Add(faces);
            return true;
        }, cancel);
    }

    /// <inheritdoc />
    public Task<IReadOnlyList<FaceMatch>> FindAsync(IdentityVector vector, int count, CancellationToken cancel = default) =>
        AloneAsync(() => Find(vector, count, cancel), cancel);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // A search that still runs reads memory that closing takes away.
        await _gate.WaitAsync().ConfigureAwait(false);
        Close();
        // Who waits is turned away; the gate is not disposed, or they would wait for ever.
        _gate.Release();
    }

    /// <summary>Where a path ends, behind all links.</summary>
    /// <exception cref="IOException">The links lead in a circle.</exception>
    private static string Real(string path, ref int links)
    {
        var full = Path.GetFullPath(path);
        if (Path.GetDirectoryName(full) is not { } folder)
        {
            return full;
        }
        // A link's target is seen from where the link really is.
        folder = Real(folder, ref links);
        var here = Path.Combine(folder, Path.GetFileName(full));
        if (new FileInfo(here).LinkTarget is not { } target)
        {
            return here;
        }
        return links-- > 0 ? Real(Path.Combine(folder, target), ref links) : throw new IOException($"Too many links, one behind the other: '{path}'.");
    }

    // A file of its own, which stays behind, empty: a lock on the faces would keep readers out, too.
    private void Lock()
    {
        if (_write)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(_path))!);
            _lock = new FileStream($"{_path}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
    }

    private void Add(IReadOnlyList<IndexedFace> faces)
    {
        if (faces.Count == 0)
        {
            return;
        }
        var (space, dimension) = FaceStores.SpaceOf(Space, faces);
        if (_file is not null)
        {
            RequireDimension(dimension);
        }
        // All of them first: with a face that cannot be kept none is.
        var blocks = faces.DistinctBy(f => f.Id).Where(f => !_ids.Contains(f.Id)).Chunk(FaceFileFormat.MaxFaces).Select(c => (Faces: c, Bytes: FaceFileFormat.Block(c, dimension))).ToList();
        if (_file is null)
        {
            Create(space, dimension);
        }
        foreach (var (chunk, block) in blocks)
        {
            RandomAccess.Write(_file!.SafeFileHandle, block, _end);
            RandomAccess.FlushToDisk(_file.SafeFileHandle);
            _blocks.Add(FaceFileFormat.ReadBlockHead(block, _end, _dimension)!.Value);
            _end += block.Length;
            _ids.UnionWith(chunk.Select(f => f.Id));
        }
    }

    private IReadOnlyList<FaceMatch> Find(IdentityVector vector, int count, CancellationToken cancel)
    {
        if (_blocks.Count == 0 || count < 1)
        {
            return [];
        }
        if (vector.Space != Space)
        {
            throw new SpaceMismatchException(Space!, vector.Space);
        }
        RequireDimension(vector.Values.Length);
        var query = new float[_dimension];
        FaceFileFormat.Normalize(vector.Values.Span, query);
        var nearest = new NearestFaces(count);
        for (var i = 0; i < _blocks.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            nearest.Search(query, Map().Floats(_blocks[i].VectorsAt, _blocks[i].Faces * _dimension), i);
        }
        var found = nearest.InOrder();
        var texts = found.Select(f => f.Block).Distinct().ToDictionary(b => b, b => Read(_blocks[b].TextsAt, _blocks[b].TextBytes));
        return [.. found.Select(f =>
        {
            var (id, person, version) = FaceFileFormat.ReadTextsAt(texts[f.Block], f.Row);
            return new FaceMatch(id, person, version, f.Score);
        })];
    }

    private void RequireWriter()
    {
        if (!_write)
        {
            throw new InvalidOperationException($"'{_path}' was opened to be read.");
        }
    }

    /// <summary>A shorter vector would be filled up with zeros.</summary>
    private void RequireDimension(int numbers)
    {
        if (numbers != _dimension)
        {
            throw new ArgumentException($"Vectors of {_dimension} and of {numbers} numbers in one space, '{Space}'.");
        }
    }

    private async Task<T> AloneAsync<T>(Func<T> work, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return work();
        }
        finally
        {
            _gate.Release();
        }
    }

    private void Close()
    {
        _closed = true;
        _map?.Dispose();
        _map = null;
        _file?.Dispose();
        _lock?.Dispose();
    }

    /// <summary>The head appears under the file's name whole or not at all.</summary>
    private void Create(string space, int dimension)
    {
        using (var head = new FileStream(PartPath, FileMode.Create))
        {
            head.Write(FaceFileFormat.Head(space, dimension));
            head.Flush(flushToDisk: true);
        }
        File.Move(PartPath, _path);
        Load();
    }

    private void Load()
    {
        _file = new FileStream(_path, FileMode.Open, _write ? FileAccess.ReadWrite : FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        (Space, _dimension) = FaceFileFormat.ReadHead(Read(0, FaceFileFormat.HeadLength));
        LoadBlocks(_file.Length);
        if (_write)
        {
            _file.SetLength(_end);
            _ids.UnionWith(_blocks.SelectMany(Texts).Select(t => t.Id));
        }
    }

    private void LoadBlocks(long length)
    {
        for (_end = FaceFileFormat.HeadLength; _end < length;)
        {
            if (FaceFileFormat.ReadBlockHead(Read(_end, FaceFileFormat.BlockHeadLength), _end, _dimension) is not { } block || block.End > length
                || (_write || block.End == length) && XxHash3.HashToUInt64(Read(block.VectorsAt, block.End - block.VectorsAt)) != block.Check)
            {
                break;
            }
            _blocks.Add(block);
            _end = block.End;
        }
        // What is left was cut off while it was written, unless it is more than one block can be, or another block follows it.
        if (length - _end > FaceFileFormat.MaxBlockLength(_dimension) || BlockFollows(length))
        {
            throw new InvalidDataException($"it is damaged at byte {_end}; index the photos anew");
        }
    }

    private bool BlockFollows(long length)
    {
        for (var at = FaceFileFormat.Aligned(_end + 1); at < length; at += FaceFileFormat.BlockHeadLength)
        {
            if (FaceFileFormat.ReadBlockHead(Read(at, FaceFileFormat.BlockHeadLength), at, _dimension) is not null)
            {
                return true;
            }
        }
        return false;
    }

    private IEnumerable<(string Id, string Person, string ModelVersion)> Texts(FaceBlock block) =>
        FaceFileFormat.ReadTexts(Read(block.TextsAt, block.TextBytes), block.Faces);

    private byte[] Read(long at, long count)
    {
        var bytes = new byte[count];
        var read = RandomAccess.Read(_file!.SafeFileHandle, bytes, at);
        return read == count ? bytes : bytes[..read];
    }

    private MappedFile Map()
    {
        if (_map is null || _map.Length < _end)
        {
            _map?.Dispose();
            _map = new MappedFile(_file!, _end);
        }
        return _map;
    }
}
