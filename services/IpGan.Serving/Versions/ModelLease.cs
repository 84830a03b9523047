namespace IpGan.Serving.Versions;

/// <summary>The right to use a version until disposed.</summary>
public sealed class ModelLease(LoadedModel model) : IDisposable
{
    private LoadedModel? _model = model;

    /// <summary>The version.</summary>
    public LoadedModel Model => _model ?? throw new ObjectDisposedException(nameof(ModelLease));

    /// <inheritdoc />
    public void Dispose() => Interlocked.Exchange(ref _model, null)?.Release();
}
