using System.Runtime.CompilerServices;
using System.Text;
using Amazon.S3;
using Amazon.S3.Model;
using IpGan.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IpGan.Serving.Repositories;

/// <summary>
/// Keeps a folder like one role of a repository in a bucket. Objects come one by one and in any order, so a version is taken when all that its manifest
/// lists is there; then the folder has it whole, as if it had been published there.
/// </summary>
internal sealed partial class S3Mirror : BackgroundService
{
    // Asked for in requests to servers that are not AWS's; most do not care.
    private const string AnyRegion = "us-east-1";

    private const int LongestPin = 64;
    private const int ChunkBytes = 1 << 16;

    // A bucket that cannot be reached is not waited for: what the folder had before serves.
    private const int Patience = 3;

    // Within the silence that is borne, so that another address is tried.
    private static readonly TimeSpan LongestConnect = TimeSpan.FromSeconds(3);

    // Beside the pin: what the bucket's was when it was followed last.
    private const string FollowedFileName = ".bucket-pin";

    // Beside a version: what its objects were when it was taken.
    private const string TakenFilePrefix = ".bucket-";

    private readonly ModelRole _role;
    private readonly S3Location _location;
    private readonly ModelRepository _repository;
    private readonly AmazonS3Client _client;
    private readonly TimeSpan _interval;
    private readonly bool _signed;
    private readonly int _keep;
    private readonly TimeProvider _time;
    private readonly ILogger<S3Mirror> _logger;

    // The pin in the bucket, as it was the last time: only a change of it is a choice, also while no process looked. Else a version that failed its trial would be active after the next start.
    // Null where nobody has looked: the bucket says.
    private string? _pin;

    // Versions that could not be taken, and what their objects were then: nothing is fetched again that has not changed.
    private readonly Dictionary<int, string> _failed = [];

    private volatile bool _looked;
    private bool _missed;

    // What was last said of a version that could not be fetched: once, not at every look.
    private readonly Dictionary<int, string> _complaints = [];

    public S3Mirror(ModelRole role, IOptions<ServingOptions> options, TimeProvider time, ILogger<S3Mirror> logger)
    {
        var serving = options.Value;
        _role = role;
        _location = S3Location.TryParse(serving.Repository) ?? throw new ArgumentException($"'{serving.Repository}' is no s3://BUCKET/PREFIX.");
        _repository = new ModelRepository(serving.Folder);
        (_interval, _signed, _keep) = (serving.PollInterval, serving.RequireSignature is not null, serving.Keep);
        (_time, _logger) = (time, logger);
        _pin = File.Exists(FollowedFile) ? File.ReadAllText(FollowedFile) : null;
        var config = new AmazonS3Config { ConnectTimeout = LongestConnect };
        if (serving.S3Endpoint is { } endpoint)
        {
            (config.ServiceURL, config.ForcePathStyle, config.AuthenticationRegion) = (endpoint.ToString(), true, AnyRegion);
        }
        _client = new AmazonS3Client(config);
    }

    /// <summary>True once the version that operators chose and the newest ones that are kept loaded are in the folder, or could not be had in three looks.</summary>
    public bool HasLooked => _looked;

    /// <summary>Looks at the bucket once: follows the pin, fetches what is new or changed, and complete, removes what is gone.</summary>
    public async Task LookAsync(CancellationToken cancel)
    {
        _missed = false;
        var (listed, pin) = await ListAsync(cancel).ConfigureAwait(false);
        // Before versions are fetched: a service that starts would answer by another for a while.
        await FollowPinAsync(pin, cancel).ConfigureAwait(false);
        var onDisk = _repository.Versions(_role);
        foreach (var version in onDisk.Where(v => !listed.ContainsKey(v)))
        {
            PackageIntake.Remove(_repository, _role, version);
            File.Delete(TakenFile(version));
            Log.Removed(_logger, _role.Name(), version);
        }
        // The chosen one first: nobody answers before it is here. Then those that are loaded; the history behind them may take long.
        var pinned = PinOnDisk();
        var chosen = listed.OrderByDescending(v => v.Key == pinned).ThenByDescending(v => v.Key);
        foreach (var (place, (version, objects)) in chosen.Index())
        {
            _looked |= place > _keep && !_missed;
            var isHere = onDisk.Contains(version);
            var state = string.Join('\n', objects.Select(o => $"{o.Key} {o.Value.Size} {o.Value.ETag}").Order(StringComparer.Ordinal));
            if (_failed.GetValueOrDefault(version) != state && !(isHere && IsAsTaken(version, state)))
            {
                await TakeAsync(version, objects, state, isHere, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _client.Dispose();
        base.Dispose();
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        using var timer = new PeriodicTimer(_interval, _time);
        var complaint = "";
        var looks = 0;
        do
        {
            try
            {
                await LookAsync(stoppingToken).ConfigureAwait(false);
                complaint = "";
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever it is, the mirror stays as it is, and the next look may go better. Said once, not at every look.
                _missed = true;
                if (e.Message != complaint)
                {
                    Log.Unreadable(_logger, e, _location.Bucket);
                }
                complaint = e.Message;
            }
            looks++;
            _looked |= !_missed || looks >= Patience;
        }
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false));
    }

    private async Task<(Dictionary<int, Dictionary<string, S3Object>> Versions, S3Object? Pin)> ListAsync(CancellationToken cancel)
    {
        var prefix = $"{_location.Prefix}{_role.Name()}/";
        S3Object? pin = null;
        var versions = new Dictionary<int, Dictionary<string, S3Object>>();
        await foreach (var found in ListAsync(prefix, cancel).ConfigureAwait(false))
        {
            // ROLE/VERSION/path; a key that ends with a slash is what some tools make of a folder.
            if (found.Key[prefix.Length..].Split('/', 2) is [var name, { Length: > 0 } path] && !path.EndsWith('/') && ModelRepository.ParseVersion(name) is { } version)
            {
                if (!versions.TryGetValue(version, out var objects))
                {
                    versions[version] = objects = [];
                }
                objects[path] = found;
            }
            else if (found.Key == prefix + ModelRepository.PinFileName)
            {
                pin = found;
            }
        }
        return (versions, pin);
    }

    private async IAsyncEnumerable<S3Object> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var silence = new BucketSilence(_time, cancel);
        var request = new ListObjectsV2Request { BucketName = _location.Bucket, Prefix = prefix };
        do
        {
            var page = await silence.EndAsync(stop => _client.ListObjectsV2Async(request, stop)).ConfigureAwait(false);
            foreach (var found in page.S3Objects ?? [])
            {
                yield return found;
            }
            request.ContinuationToken = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (request.ContinuationToken is not null);
    }

    private async Task FetchAsync(string key, Stream target, CancellationToken cancel)
    {
        using var silence = new BucketSilence(_time, cancel);
        using var response = await silence.EndAsync(stop => _client.GetObjectAsync(_location.Bucket, key, stop)).ConfigureAwait(false);
        var chunk = new byte[ChunkBytes];
        while (await silence.EndAsync(stop => response.ResponseStream.ReadAsync(chunk, stop).AsTask()).ConfigureAwait(false) is > 0 and var read)
        {
            await target.WriteAsync(chunk.AsMemory(0, read), cancel).ConfigureAwait(false);
        }
    }

    private async Task FollowPinAsync(S3Object? pin, CancellationToken cancel)
    {
        var state = pin?.ETag ?? "";
        if (state == _pin)
        {
            return;
        }
        var text = "";
        if (pin is { Size: <= LongestPin })
        {
            using var content = new MemoryStream();
            await FetchAsync(pin.Key, content, cancel).ConfigureAwait(false);
            text = Encoding.UTF8.GetString(content.GetBuffer().AsSpan(0, (int)content.Length)).Trim();
        }
        var version = ModelRepository.ParseVersion(text);
        if (pin is not null && version is null)
        {
            Log.PinIgnored(_logger, _role.Name());
        }
        else
        {
            Directory.CreateDirectory(Path.Combine(_repository.Root, _role.Name()));
            _repository.WritePin(_role, version);
            await File.WriteAllTextAsync(FollowedFile, state, cancel).ConfigureAwait(false);
        }
        _pin = state;
    }

    private int? PinOnDisk()
    {
        try
        {
            return _repository.ReadPin(_role);
        }
        catch (InvalidDataException)
        {
            // Written by hand; who loads versions says so.
            return null;
        }
    }

    private string FollowedFile => Path.Combine(_repository.Root, _role.Name(), FollowedFileName);

    private string TakenFile(int version) => Path.Combine(_repository.Root, _role.Name(), $"{TakenFilePrefix}{version}");

    private bool IsAsTaken(int version, string state)
    {
        var file = TakenFile(version);
        if (File.Exists(file))
        {
            return File.ReadAllText(file) == state;
        }
        // Nobody knows what it was taken from: from now on it is this.
        File.WriteAllText(file, state);
        return true;
    }

    // One that is here and has changed is replaced, as it would be in a folder. Who has it loaded serves on as it was, and says so.
    private async Task TakeAsync(int version, Dictionary<string, S3Object> objects, string state, bool isHere, CancellationToken cancel)
    {
        Task FetchFileAsync(string path, Stream target, CancellationToken stop) => FetchAsync(objects[path].Key, target, stop);
        try
        {
            if (_signed && !objects.ContainsKey(PackageSignature.FileName))
            {
                // No manifest lists it, and once a version is taken nothing is added to it.
                throw new PackageIncompleteException($"{PackageSignature.FileName} is missing, and a signature is required");
            }
            await PackageIntake.TakeAsync(_repository, _role, version, objects.ToDictionary(o => o.Key, o => o.Value.Size ?? 0), FetchFileAsync, cancel, isHere).ConfigureAwait(false);
            await File.WriteAllTextAsync(TakenFile(version), state, cancel).ConfigureAwait(false);
            _failed.Remove(version);
            _complaints.Remove(version);
            if (isHere)
            {
                Log.TakenAgain(_logger, _role.Name(), version);
            }
            else
            {
                Log.Taken(_logger, _role.Name(), version);
            }
        }
        catch (PackageIncompleteException e) when (e.InnerException is not IOException)
        {
            _failed[version] = state;
            Log.Incomplete(_logger, _role.Name(), version, e.Message);
        }
        catch (PackageInvalidException e)
        {
            _failed[version] = state;
            Log.Refused(_logger, _role.Name(), version, e.Message);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            // An object that may not be read, that goes while it is fetched, or that comes damaged, keeps no other version away; nor does a disk that fails for a moment.
            // It is tried again at the next look.
            if (_complaints.GetValueOrDefault(version) != e.Message)
            {
                Log.Refused(_logger, _role.Name(), version, e.Message);
            }
            _complaints[version] = e.Message;
            _missed = true;
        }
    }
}
