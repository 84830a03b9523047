using System.Collections.Frozen;
using System.Globalization;
using Grpc.Core;
using IpGan.Serving.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IpGan.Serving.Rpc;

/// <summary>
/// Refuses single calls that need a worker before their body is read, while the queue is full, or when all such calls together would hold too many bytes: a handler
/// only runs after a whole photo was received and taken apart. Between the look and the queue others may come; then the queue itself refuses.
/// </summary>
internal sealed class OverloadGate(WorkQueue queue, IOptions<ServingOptions> options)
{
    private static readonly FrozenSet<string> NeedWorker = new[]
    {
        Path(V1.IdentityEncoder.Descriptor, "Embed"), Path(V1.IdentityEncoder.Descriptor, "Bridge"), Path(V1.PoseEncoder.Descriptor, "Embed"),
        Path(V1.Generator.Descriptor, "Generate"), Path(V1.FaceFinder.Descriptor, "FindFaces"),
        Path(Inference.GRPCInferenceService.Descriptor, "ModelInfer"),
    }.ToFrozenSet();

    private readonly MessageBudget _budget = new(options.Value.MaxBytesInFlight, options.Value.MaxMessageBytes);

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (!NeedWorker.Contains(context.Request.Path.Value ?? ""))
        {
            return next(context);
        }
        if (queue.IsFull)
        {
            Write(context.Response.Headers, queue.Refuse());
            return Task.CompletedTask;
        }
        return CountAsync(context, next);
    }

    private async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        using var share = _budget.Open();
        context.Features.Set<IRequestBodyPipeFeature>(new MessageReader(context.Request.BodyReader, share.TryTake, TooMuch));
        await next(context).ConfigureAwait(false);
    }

    private RpcException TooMuch()
    {
        var refusal = queue.Refuse($"The calls that are received and worked on have {options.Value.MaxBytesInFlight} bytes together, which is the most, or would have with this one");
        var status = new Status(StatusCode.ResourceExhausted, refusal.Message);
        return new RpcException(status, ErrorDetails.Trailers(refusal, status));
    }

    // Headers that end the answer: what gRPC calls trailers only.
    private static void Write(IHeaderDictionary headers, QueueFullException refusal)
    {
        headers.ContentType = "application/grpc";
        headers["grpc-status"] = ((int)StatusCode.ResourceExhausted).ToString(CultureInfo.InvariantCulture);
        headers["grpc-message"] = Uri.EscapeDataString(refusal.Message);
        foreach (var entry in ErrorDetails.Trailers(refusal, new Status(StatusCode.ResourceExhausted, refusal.Message)))
        {
            headers[entry.Key] = entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value;
        }
    }

    private static string Path(Google.Protobuf.Reflection.ServiceDescriptor service, string method) => $"/{service.FullName}/{service.FindMethodByName(method).Name}";
}

/// <summary>Puts <see cref="OverloadGate"/> into the pipeline.</summary>
internal static class OverloadGateExtensions
{
    /// <summary>Before the gRPC endpoints.</summary>
    public static void UseOverloadGate(this WebApplication app)
    {
        var gate = ActivatorUtilities.CreateInstance<OverloadGate>(app.Services);
        app.Use(next => context => gate.InvokeAsync(context, next));
    }
}
