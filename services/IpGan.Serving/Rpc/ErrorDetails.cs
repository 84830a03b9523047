using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using IpGan.Imaging;
using IpGan.Models;
using Status = Grpc.Core.Status;

namespace IpGan.Serving.Rpc;

/// <summary>A failure's google.rpc details: which part of the request is meant, or when to come again. They pass through the gateway as they are.</summary>
internal static class ErrorDetails
{
    /// <summary>The status of an item, or of a call before it is put into trailers.</summary>
    public static Google.Rpc.Status Of(Exception exception, Status status)
    {
        var details = new Google.Rpc.Status { Code = (int)(Code)status.StatusCode, Message = status.Detail };
        if (exception is QueueFullException refusal)
        {
            details.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(refusal.RetryAfter) }));
        }
        if (FieldOf(exception) is { } field)
        {
            details.Details.Add(Any.Pack(new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = field, Description = status.Detail } } }));
        }
        if (exception is NoFaceException noFace)
        {
            details.Details.Add(Any.Pack(FaceMessages.Info(noFace)));
        }
        return details;
    }

    /// <summary>The same as trailers; none if there is nothing beyond the status. Clients with a retry policy (gRFC A6) read when to come again, too.</summary>
    public static Metadata Trailers(Exception exception, Status status)
    {
        var trailers = new Metadata();
        if (exception is QueueFullException refusal)
        {
            trailers.Add("grpc-retry-pushback-ms", refusal.RetryAfter.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture));
        }
        if (Of(exception, status) is { Details.Count: > 0 } details)
        {
            trailers.Add("grpc-status-details-bin", details.ToByteArray());
        }
        return trailers;
    }

    private static string? FieldOf(Exception exception) => exception switch
    {
        PictureException => "image",
        InvalidRequestException invalid => invalid.Field,
        SpaceMismatchException mismatch => mismatch.Field,
        AnglesOutOfReachException angles => angles.Axis,
        _ => null,
    };
}
