using System.Collections.Frozen;
using System.Globalization;
using Grpc.Core;
using IpGan.Serving.Scheduling;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace IpGan.Serving.Rpc;

/// <summary>
/// Refuses single calls that need a worker while the queue is full, before their body is read: a handler would only run after a whole photo was received
/// and taken apart. Between the look and the queue others may come; then the queue itself refuses.
/// </summary>
internal static class OverloadGate
{
    private static readonly FrozenSet<string> NeedWorker = new[]
    {
        Path(V1.IdentityEncoder.Descriptor, "Embed"), Path(V1.IdentityEncoder.Descriptor, "Bridge"), Path(V1.PoseEncoder.Descriptor, "Embed"),
        Path(V1.Generator.Descriptor, "Generate"), Path(V1.FaceFinder.Descriptor, "FindFaces"),
        Path(Inference.GRPCInferenceService.Descriptor, "ModelInfer"),
    }.ToFrozenSet();

    public static void UseOverloadGate(this WebApplication app)
    {
        var queue = app.Services.GetRequiredService<WorkQueue>();
        app.Use((context, next) =>
        {
            if (!queue.IsFull || !NeedWorker.Contains(context.Request.Path.Value ?? ""))
            {
                return next(context);
            }
            // Headers that end the answer: what gRPC calls trailers only.
            var refusal = queue.Refuse();
            var headers = context.Response.Headers;
            headers.ContentType = "application/grpc";
            headers["grpc-status"] = ((int)StatusCode.ResourceExhausted).ToString(CultureInfo.InvariantCulture);
            headers["grpc-message"] = Uri.EscapeDataString(refusal.Message);
            foreach (var entry in ErrorDetails.Trailers(refusal, new Status(StatusCode.ResourceExhausted, refusal.Message)))
            {
                headers[entry.Key] = entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes) : entry.Value;
            }
            return Task.CompletedTask;
        });
    }

    private static string Path(Google.Protobuf.Reflection.ServiceDescriptor service, string method) => $"/{service.FullName}/{service.FindMethodByName(method).Name}";
}
