using BenchmarkDotNet.Attributes;
using IpGan.Client;

namespace IpGan.FaceSearch.Benchmarks;

/// <summary>The ten nearest of all faces in a file, on one core; the file's pages are in memory, as they are on a machine that searches.</summary>
[MemoryDiagnoser]
public class ExactSearch
{
    private const int Dimension = 128;
    private const string Space = "identity-0a0a0a0a@square1+given";

    private readonly string _path = Path.Combine(Path.GetTempPath(), $"ipgan-{Guid.NewGuid():N}.faces");
    private readonly IdentityVector _query = Vector(new Random(-1));
    private FileFaceStore _store = null!;

    [Params(10_000, 1_000_000)]
    public int Faces { get; set; }

    [GlobalSetup]
    public async Task FillAsync()
    {
        await using (var store = FileFaceStore.Open(_path, write: true))
        {
            var random = new Random(1);
            for (var i = 0; i < Faces; i += 8192)
            {
                await store.AddAsync([.. Enumerable.Range(i, Math.Min(8192, Faces - i)).Select(n => new IndexedFace($"{n}.jpg", $"person {n}", Vector(random)))]);
            }
        }
        _store = FileFaceStore.Open(_path, write: false);
    }

    [GlobalCleanup]
    public async Task RemoveAsync()
    {
        await _store.DisposeAsync();
        File.Delete(_path);
        File.Delete($"{_path}.lock");
    }

    /// <summary>A search in a store that is open.</summary>
    [Benchmark]
    public async Task<float> Find() => (await _store.FindAsync(_query, 10))[0].Score;

    /// <summary>Opening the store, too: what a command line does.</summary>
    [Benchmark]
    public async Task<float> OpenAndFind()
    {
        await using var store = FileFaceStore.Open(_path, write: false);
        return (await store.FindAsync(_query, 10))[0].Score;
    }

    private static IdentityVector Vector(Random random)
    {
        var values = new float[Dimension];
        for (var i = 0; i < Dimension; i++)
        {
            values[i] = (float)(2 * random.NextDouble() - 1);
        }
        return new IdentityVector(values, Space, "1");
    }
}
