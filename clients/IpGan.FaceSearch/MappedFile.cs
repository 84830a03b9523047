using System.IO.MemoryMappedFiles;

namespace IpGan.FaceSearch;

/// <summary>A file's bytes as memory: what is searched often stays there, and nothing is copied.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;

    public MappedFile(FileStream file, long length)
    {
        Length = length;
        _file = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    public long Length { get; }

    public ReadOnlySpan<float> Floats(long at, int count) => at >= 0 && count >= 0 && at + (long)count * sizeof(float) <= Length
        ? new ReadOnlySpan<float>(_start + at, count)
        : throw new ArgumentOutOfRangeException(nameof(at));

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
