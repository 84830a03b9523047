using System.Threading.Channels;
using IpGan.Models;

namespace IpGan.Serving.Versions;

/// <summary>
/// A version on trial. It runs a share of the active version's requests a second time, unseen, and the distance of the two answers is measured; nobody waits for
/// it, and what comes faster than it can be run is left out.
/// </summary>
internal sealed class Canary : IDisposable
{
    private const int Waiting = 4;

    // Degrees, of which nought is no special one: they are held against a quarter of a turn, an item's three together.
    private const string Angles = "angles";
    private const double QuarterTurn = 90;
    private const int AnglesOfItem = 3;

    private readonly Channel<Request> _requests = Channel.CreateBounded<Request>(
        new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly LoadedModel _candidate;
    private readonly ServingOptions _options;

    /// <summary>Begins the trial; the candidate is held until it ends.</summary>
    /// <param name="candidate">The version on trial.</param>
    /// <param name="options">Share, number of requests and largest distance.</param>
    /// <param name="decided">Told once, unless disposed before: the mean distance, and what speaks against the version, if anything does.</param>
    public Canary(LoadedModel candidate, ServingOptions options, Func<Canary, double, string?, Task> decided)
    {
        (_candidate, _options) = (candidate, options);
        ObjectDisposedException.ThrowIf(!candidate.TryAcquire(), candidate);
        _ = Task.Run(() => CompareAsync(decided));
    }

    /// <summary>The version on trial.</summary>
    public int Version => _candidate.Version;

    /// <summary>What the active version was asked and answered. Copied if it is used.</summary>
    public void Offer(int batch, ReadOnlySpan<Memory<float>> inputs, ReadOnlySpan<Memory<float>> outputs)
    {
        if (Random.Shared.NextDouble() < _options.CanaryShare && _requests.Reader.Count < Waiting)
        {
            _requests.Writer.TryWrite(new Request(batch, Copy(inputs), Copy(outputs)));
        }
    }

    /// <summary>Ends the trial without a decision.</summary>
    public void Dispose() => _requests.Writer.TryComplete();

    /// <summary>Of two answers, the distance of the outputs that are furthest apart: |a − b| / |a|, which is 0 for the same and √2 for unrelated unit vectors; of angles |a − b| / 90°.</summary>
    internal static double Distance(IReadOnlyList<TensorSignature> outputs, IReadOnlyList<float[]> a, IReadOnlyList<float[]> b)
    {
        double largest = 0;
        for (var i = 0; i < outputs.Count; i++)
        {
            // Also one that is no number.
            largest = Math.Max(largest, Distance(outputs[i].Name == Angles, a[i], b[i]));
        }
        return largest;
    }

    private static double Distance(bool angles, float[] a, float[] b)
    {
        double difference = 0, length = 0;
        for (var k = 0; k < a.Length; k++)
        {
            var d = (double)a[k] - b[k];
            difference += d * d;
            length += (double)a[k] * a[k];
        }
        return Math.Sqrt(difference / (angles ? QuarterTurn * QuarterTurn * a.Length / AnglesOfItem : Math.Max(length, 1e-12)));
    }

    private async Task CompareAsync(Func<Canary, double, string?, Task> decided)
    {
        double sum = 0;
        string? problem = null;
        var compared = 0;
        try
        {
            await foreach (var request in _requests.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                var answers = request.Answers.Select(a => new float[a.Length]).ToArray();
                _candidate.Run(request.Batch, [.. request.Inputs.Select(i => i.AsMemory())], [.. answers.Select(a => a.AsMemory())]);
                sum += Distance(_candidate.Manifest.Outputs, request.Answers, answers);
                compared++;
                // Written so that a distance that is no number is beyond every limit; and no later request can bring the mean back below it.
                if (!(sum <= _options.CanaryDistance * _options.CanaryRequests))
                {
                    problem = FormattableString.Invariant(
                        $"its answers are {sum / compared:F3} from those of the active version, on average over {compared} requests; {_options.CanaryDistance} is allowed");
                }
                if (problem is not null || compared == _options.CanaryRequests)
                {
                    break;
                }
            }
        }
        catch (Exception e)
        {
            // Whatever it is that a version does with real requests, it must not do it to callers.
            problem = $"it failed on a request that the active version answered: {e.Message}";
        }
        finally
        {
            _candidate.Release();
        }
        if (problem is not null || compared == _options.CanaryRequests)
        {
            await decided(this, sum / Math.Max(compared, 1), problem).ConfigureAwait(false);
        }
    }

    private static float[][] Copy(ReadOnlySpan<Memory<float>> values)
    {
        var copy = new float[values.Length][];
        for (var i = 0; i < copy.Length; i++)
        {
            copy[i] = values[i].ToArray();
        }
        return copy;
    }

    private sealed record Request(int Batch, float[][] Inputs, float[][] Answers);
}
