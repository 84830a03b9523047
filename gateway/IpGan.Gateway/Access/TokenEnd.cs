using System.Globalization;
using Grpc.Core;
using IpGan.Gateway.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace IpGan.Gateway.Access;

/// <summary>Ends calls that outlive the token which they came with: a stream may last for days, and who is let in no more would keep what he has.</summary>
internal sealed class TokenEnd(IOptionsMonitor<JwtBearerOptions> bearer, TimeProvider time)
{
    private const string Words = "The token has expired; call again with a new one.";

    // Timers go no further; nor do calls.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(40);

    /// <summary>What a caller is told whose token has expired in the middle of a call; null: it has not.</summary>
    public static Status? Of(HttpContext context) =>
        context.Features.Get<Watch>() is { Token.IsCancellationRequested: true } ? new Status(StatusCode.Unauthenticated, Words) : null;

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var expires = context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc;
        // As long as it would let him in.
        var left = expires + bearer.Get(JwtBearerDefaults.AuthenticationScheme).TokenValidationParameters.ClockSkew - time.GetUtcNow();
        if (left is not { } rest || rest > Longest)
        {
            await next(context);
            return;
        }
        using var end = new CancellationTokenSource(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, time);
        var gone = context.RequestAborted;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(end.Token, gone);
        context.Features.Set(new Watch(end.Token));
        if (context.Features.Get<IHttpResetFeature>() is { } reset)
        {
            context.Features.Set<IHttpResetFeature>(new Reset(reset, end.Token));
        }
        context.RequestAborted = either.Token;
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested && !gone.IsCancellationRequested)
        {
            // Told below.
        }
        finally
        {
            context.RequestAborted = gone;
        }
        if (end.IsCancellationRequested && !gone.IsCancellationRequested)
        {
            await TellAsync(context);
        }
    }

    // What is passed on ends without a word; the gateway's own calls have said it.
    private static Task TellAsync(HttpContext context)
    {
        if (!context.Response.HasStarted)
        {
            return context.Response.Headers.ContainsKey("grpc-status") ? Task.CompletedTask : Refusal.WriteAsync(context, StatusCode.Unauthenticated, Words);
        }
        if (Refusal.IsGrpc(context.Request) && context.Features.Get<IHttpResponseTrailersFeature>() is { Trailers: { IsReadOnly: false } trailers }
            && !trailers.ContainsKey("grpc-status"))
        {
            trailers["grpc-status"] = ((int)StatusCode.Unauthenticated).ToString(CultureInfo.InvariantCulture);
            trailers["grpc-message"] = Uri.EscapeDataString(Words);
        }
        return Task.CompletedTask;
    }

    private sealed record Watch(CancellationToken Token);

    /// <summary>The proxy resets a stream that it has to break off, and nothing could be said after that.</summary>
    private sealed class Reset(IHttpResetFeature inner, CancellationToken end) : IHttpResetFeature
    {
        void IHttpResetFeature.Reset(int errorCode)
        {
            if (!end.IsCancellationRequested)
            {
                inner.Reset(errorCode);
            }
        }
    }
}

/// <summary>Puts <see cref="TokenEnd"/> into the pipeline.</summary>
internal static class TokenEndExtensions
{
    /// <summary>Behind whatever looks at the token.</summary>
    public static void UseTokenEnd(this WebApplication app)
    {
        var end = ActivatorUtilities.CreateInstance<TokenEnd>(app.Services);
        app.Use(next => context => end.InvokeAsync(context, next));
    }
}
