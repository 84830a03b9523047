using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using IpGan.Imaging;
using IpGan.Models;
using IpGan.Serving.Runtime;

namespace IpGan.Serving.Versions;

/// <summary>
/// A version in memory. Whoever uses it holds a lease; it is disposed when it was retired and the last lease is gone, never on the thread that
/// gave that lease back: disposing a session while a run is in flight kills the process.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The last lease disposes it.")]
public sealed class LoadedModel
{
    private readonly OnnxModel _model;
    private readonly Batcher? _batcher;
    private readonly ServingMetrics _metrics;
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Canary? _shadow;
    private int _references = 1;

    /// <summary>Loads, warms up and golden-checks a package.</summary>
    /// <exception cref="PackageInvalidException">The network does not answer as recorded, or cannot be loaded.</exception>
    public LoadedModel(int version, ModelPackage package, OnnxDevice device, ServingMetrics metrics)
    {
        _metrics = metrics;
        Version = version;
        VersionText = version.ToString(System.Globalization.CultureInfo.InvariantCulture);
        (RoleName, Manifest) = (package.Role.Name(), package.Manifest);
        if (Manifest.CropRule != CropRule.Id)
        {
            throw new PackageInvalidException($"its crop rule is '{Manifest.CropRule}'; pictures are cut by '{CropRule.Id}' here");
        }
        Anchors = package.Role == ModelRole.PoseEncoder ? package.ReadAnchors() : null;
        Prior = package.Role == ModelRole.Generator ? package.ReadPrior() : null;
        Bridges = package.ReadBridges();
        _model = new OnnxModel(package, device);
        Finder = package.Role == ModelRole.FaceFinder ? CreateFinder() : null;
        if (device.BatchSize > 1)
        {
            _batcher = new Batcher(
                (batch, inputs, outputs) => RunNetwork(batch, inputs, outputs), _model.InputLengths, _model.OutputLengths, device.BatchSize, device.BatchDelay, TimeProvider.System);
        }
        try
        {
            CheckGolden(package);
        }
        catch
        {
            _model.Dispose();
            throw;
        }
    }

    /// <summary>The version.</summary>
    public int Version { get; }

    /// <summary>The version as the contracts have it.</summary>
    public string VersionText { get; }

    /// <summary>The role as the contracts have it.</summary>
    public string RoleName { get; }

    /// <summary>The package's manifest.</summary>
    public Manifest Manifest { get; }

    /// <summary>The table of anchors; pose encoders only.</summary>
    public PoseAnchors? Anchors { get; }

    /// <summary>The prior; generators only.</summary>
    public IdentityPrior? Prior { get; }

    /// <summary>What finds faces with this network; face finders only, and while there is a lease.</summary>
    public FaceFinder? Finder { get; }

    /// <summary>Ways into its identity space, by the space that they begin at; identity encoders only.</summary>
    public IReadOnlyDictionary<string, IdentityBridge> Bridges { get; }

    /// <summary>A version on trial, which sees what this one is asked and answers; usually null.</summary>
    internal Canary? Shadow
    {
        get => Volatile.Read(ref _shadow);
        set => Volatile.Write(ref _shadow, value);
    }

    /// <summary>Completes when the memory is given back.</summary>
    public Task Disposed => _disposed.Task;

    /// <summary>A lease, or false when the version is retired.</summary>
    public bool TryAcquire()
    {
        while (true)
        {
            var references = Volatile.Read(ref _references);
            if (references == 0)
            {
                return false;
            }
            if (Interlocked.CompareExchange(ref _references, references + 1, references) == references)
            {
                return true;
            }
        }
    }

    /// <summary>Gives a lease back. The one that the constructor took is given back to retire the version.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static self => self.Free(), this, preferLocal: false);
        }
    }

    /// <summary>Runs the network; the caller holds a lease.</summary>
    public void Run(int batch, ReadOnlySpan<Memory<float>> inputs, ReadOnlySpan<Memory<float>> outputs)
    {
        if (_batcher is null)
        {
            RunNetwork(batch, inputs, outputs);
        }
        else
        {
            _batcher.Run(batch, inputs, outputs);
        }
        Shadow?.Offer(batch, inputs, outputs);
    }

    /// <summary>Runs a network of one input and returns copies of its outputs for a single item.</summary>
    public float[][] RunOne(Memory<float> input)
    {
        var outputs = new float[_model.OutputLengths.Count][];
        var memory = new Memory<float>[outputs.Length];
        for (var i = 0; i < outputs.Length; i++)
        {
            memory[i] = outputs[i] = new float[_model.OutputLengths[i]];
        }
        Run(1, [input], memory);
        return outputs;
    }

    private FaceFinder CreateFinder() => new(
        Manifest.ImageSize, Manifest.Outputs[0].Shape[1], Manifest.Finder!.Threshold, (canvas, candidates) => Run(1, [canvas], [candidates]));

    private void RunNetwork(int batch, ReadOnlySpan<Memory<float>> inputs, ReadOnlySpan<Memory<float>> outputs)
    {
        using var span = ServingSpans.Network(this, batch);
        var started = Stopwatch.GetTimestamp();
        _model.Run(batch, inputs, outputs);
        _metrics.Ran(RoleName, VersionText, batch, Stopwatch.GetElapsedTime(started));
    }

    private void CheckGolden(ModelPackage package)
    {
        var golden = package.ReadGolden();
        float[] Values(string kind, string name) => golden.First(g => g.Tensor.Kind == kind && g.Tensor.Name == name).Values;
        var batch = golden[0].Tensor.Shape[0];
        var inputs = Manifest.Inputs.Select(i => Values("input", i.Name).AsMemory()).ToArray();
        var outputs = Manifest.Outputs.Select(o => new float[Values("output", o.Name).Length]).ToArray();
        // The first run allocates and chooses kernels: the warm-up. The second is what requests will meet.
        for (var run = 0; run < 2; run++)
        {
            _model.Run(batch, inputs, [.. outputs.Select(o => o.AsMemory())]);
        }
        foreach (var (signature, actual) in Manifest.Outputs.Zip(outputs))
        {
            GoldenCheck.Compare(signature.Name, Values("output", signature.Name), actual, Manifest.Golden.Tolerance);
        }
    }

    private void Free()
    {
        _model.Dispose();
        if (OperatingSystem.IsLinux())
        {
            // glibc keeps freed memory; without this a process grows with every reload (microsoft/onnxruntime#26831).
            _ = MallocTrim(0);
        }
        _disposed.SetResult();
    }

    [DllImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int MallocTrim(nuint pad);
}
