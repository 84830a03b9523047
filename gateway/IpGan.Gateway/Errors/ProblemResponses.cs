using System.IO.Pipelines;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Microsoft.AspNetCore.Http.Features;
using HttpResponse = Microsoft.AspNetCore.Http.HttpResponse;
using Status = Google.Rpc.Status;

namespace IpGan.Gateway.Errors;

/// <summary>JSON transcoding answers errors as google.rpc.Status; REST clients expect problem+json.</summary>
internal static class ProblemResponses
{
    /// <summary>Details that may be in a status.</summary>
    public static TypeRegistry Details { get; } = TypeRegistry.FromFiles(ErrorDetailsReflection.Descriptor);

    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithIgnoreUnknownFields(true).WithTypeRegistry(Details));

    /// <summary>For what is under a path.</summary>
    public static void UseProblemResponses(this WebApplication app, string path) => app.UseWhen(context => context.Request.Path.StartsWithSegments(path, StringComparison.Ordinal)
        && !Refusal.IsGrpc(context.Request), branch => branch.Use(async (context, next) =>
    {
        var original = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var body = new ErrorCapture(original, context.Response);
        context.Features.Set<IHttpResponseBodyFeature>(body);
        try
        {
            await next(context);
        }
        finally
        {
            context.Features.Set(original);
        }
        if (body.TakeError() is { } error)
        {
            await Refusal.WriteProblemAsync(context, Parser.Parse<Status>(error));
        }
    }));

    /// <summary>Keeps the body of an error, and lets every other through.</summary>
    private sealed class ErrorCapture(IHttpResponseBodyFeature inner, HttpResponse response) : IHttpResponseBodyFeature, IDisposable
    {
        private readonly MemoryStream _kept = new();
        private PipeWriter? _writer;
        private bool? _isError;

        /// <summary>What was written, if it is an error.</summary>
        public string? TakeError()
        {
            _writer?.Complete();
            return _isError == true ? Encoding.UTF8.GetString(_kept.GetBuffer(), 0, (int)_kept.Length) : null;
        }

        public Stream Stream => IsError ? _kept : inner.Stream;

        public PipeWriter Writer => IsError ? _writer ??= PipeWriter.Create(_kept, new StreamPipeWriterOptions(leaveOpen: true)) : inner.Writer;

        // Asked when the body is first touched: status and type are known then, and nothing was sent.
        private bool IsError => _isError ??= !response.HasStarted && response.StatusCode >= 400 && response.ContentType?.StartsWith("application/json", StringComparison.Ordinal) == true;

        public void Dispose() => _kept.Dispose();

        public void DisableBuffering() => inner.DisableBuffering();

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
            inner.SendFileAsync(path, offset, count, cancellationToken);

        public Task StartAsync(CancellationToken cancellationToken = default) => IsError ? Task.CompletedTask : inner.StartAsync(cancellationToken);

        public Task CompleteAsync() => IsError ? Task.CompletedTask : inner.CompleteAsync();
    }
}
