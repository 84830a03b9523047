using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Status = Google.Rpc.Status;

namespace IpGan.Gateway.Errors;

/// <summary>Failures of composed calls, with google.rpc details that say which part of the request is meant.</summary>
internal static class Failures
{
    /// <summary>INVALID_ARGUMENT about a field: the message is a sentence that begins with it.</summary>
    public static RpcException Invalid(string field, string message) => new Status
    {
        Code = (int)Code.InvalidArgument,
        Message = message,
        Details = { Violation(field, message) },
    }.ToRpcException();

    /// <summary>What a service said of a part of the request: its words with the part in front, its advice when to come back as it was.</summary>
    public static RpcException Of(string part, RpcException failure)
    {
        var said = failure.GetRpcStatus() ?? new Status { Code = (int)failure.StatusCode };
        // The service names a part of its own request, which the caller has not sent.
        var advice = said.Details.Where(d => !d.Is(BadRequest.Descriptor));
        var status = new Status { Code = (int)failure.StatusCode, Message = $"{part}: {failure.Status.Detail}", Details = { advice } };
        if (failure.StatusCode is StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.FailedPrecondition)
        {
            status.Details.Add(Violation(part, failure.Status.Detail));
        }
        var wrapped = status.ToRpcException();
        foreach (var entry in failure.Trailers.Where(t => t.Key == "grpc-retry-pushback-ms"))
        {
            wrapped.Trailers.Add(entry);
        }
        return wrapped;
    }

    private static Any Violation(string field, string description) =>
        Any.Pack(new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = field, Description = description } } });
}
