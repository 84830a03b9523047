using System.Diagnostics;
using IpGan.Serving.Versions;

namespace IpGan.Serving;

/// <summary>What a request's trace shows of its way through a service: the wait for a worker, the worker's time, and the network's part of that.</summary>
public static class ServingSpans
{
    private static readonly ActivitySource Source = new(ServingMetrics.MeterName);

    /// <summary>Says on the current request's span which model answers it.</summary>
    public static void TagRequest(LoadedModel model) => Tag(Activity.Current, model);

    /// <summary>The time that a traced request waited, and, until disposed, the time that a worker takes for it.</summary>
    internal static Activity? Run(in ActivityContext request, TimeSpan waited)
    {
        if (request == default || !Source.HasListeners())
        {
            return null;
        }
        Source.StartActivity("queue", ActivityKind.Internal, request, startTime: DateTimeOffset.UtcNow - waited)?.Dispose();
        return Source.StartActivity("run", ActivityKind.Internal, request);
    }

    /// <summary>Until disposed, the network's time within <see cref="Run"/>; nothing outside of one.</summary>
    internal static Activity? Network(LoadedModel model, int batch)
    {
        var span = Activity.Current is null ? null : Source.StartActivity("network");
        Tag(span, model);
        return span?.SetTag("ipgan.batch.size", batch);
    }

    private static void Tag(Activity? span, LoadedModel model)
    {
        if (span is { IsAllDataRequested: true })
        {
            span.SetTag("ipgan.model.role", model.RoleName).SetTag("ipgan.model.version", model.VersionText)
                .SetTag("ipgan.space.identity", model.Manifest.IdentitySpace?.Name).SetTag("ipgan.space.pose", model.Manifest.PoseSpace?.Name);
        }
    }
}
