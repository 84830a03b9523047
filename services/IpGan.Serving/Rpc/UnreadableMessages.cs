using Microsoft.AspNetCore.Http.Features;
using AspNet = Microsoft.AspNetCore.Builder;

namespace IpGan.Serving.Rpc;

/// <summary>
/// A request whose bytes are no message fails before any interceptor sees it, and gRPC for .NET calls that UNKNOWN; one that is too large it calls
/// RESOURCE_EXHAUSTED, which asks to come again. Both are the caller's mistake: INVALID_ARGUMENT. Whatever goes wrong in a handler has its own status.
/// </summary>
internal static class UnreadableMessages
{
    private const string Status = "grpc-status";
    private const string Message = "grpc-message";
    private const string Unknown = "2";
    private const string InvalidArgument = "3";
    private const string Exhausted = "8";
    private const string TooLarge = "Received message exceeds the maximum configured message size.";

    /// <summary>What callers are told whose bytes are no message.</summary>
    public const string Words = "The request cannot be read: its bytes are no message of this method's type.";

    private static readonly object Reached = new();

    /// <summary>A handler has the request: if it says UNKNOWN, it means that.</summary>
    public static void MarkReached(HttpContext context) => context.Items[Reached] = Reached;

    /// <summary>Before the gRPC endpoints.</summary>
    /// <param name="app">What answers.</param>
    /// <param name="largest">Bytes of the largest message that is taken.</param>
    public static AspNet.IApplicationBuilder UseReadableMessages(this AspNet.IApplicationBuilder app, int largest) => AspNet.UseExtensions.Use(app, async (context, next) =>
    {
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true)
        {
            // Without a body the status is in the headers, else in the trailers.
            context.Response.OnStarting(() =>
            {
                Correct(context, context.Response.Headers, largest);
                return Task.CompletedTask;
            });
        }
        await next(context).ConfigureAwait(false);
        // An answer without a body starts only at the very end: whoever counts calls on the way out shall see the right status.
        if (!context.Response.HasStarted)
        {
            Correct(context, context.Response.Headers, largest);
        }
        if (context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is { IsReadOnly: false } trailers)
        {
            Correct(context, trailers, largest);
        }
    });

    private static void Correct(HttpContext context, IHeaderDictionary headers, int largest)
    {
        // A length that is known beforehand, as gRPC-Web's, is refused by the server before gRPC looks.
        if ((headers[Status] == Exhausted && headers[Message] == TooLarge) || (headers[Status] == Unknown && context.Request.ContentLength > largest))
        {
            headers[Status] = InvalidArgument;
            headers[Message] = FormattableString.Invariant($"The request is too large: a message may have {largest} bytes, its picture included.");
        }
        else if (headers[Status] == Unknown && !context.Items.ContainsKey(Reached))
        {
            headers[Status] = InvalidArgument;
            headers[Message] = Words;
        }
    }
}
