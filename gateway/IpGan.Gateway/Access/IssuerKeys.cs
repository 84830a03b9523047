using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace IpGan.Gateway.Access;

/// <summary>Tells a token that is not accepted from one that cannot be checked, as its issuer's keys have never come. The library takes both for the former.</summary>
internal sealed partial class IssuerKeys(ILogger<IssuerKeys> logger) : JwtBearerEvents
{
    private readonly Lock _lock = new();
    private Task<OpenIdConnectConfiguration>? _asking;
    private bool _said;

    /// <summary>True if the request's token could not be checked.</summary>
    public static bool AreMissing(HttpContext context) => context.Features.Get<Missing>() is not null;

    /// <inheritdoc />
    public override async Task MessageReceived(MessageReceivedContext context)
    {
        if (context.Request.Headers.Authorization.Count == 0 || context.Options.ConfigurationManager is not { } keys)
        {
            return;
        }
        try
        {
            await AskAsync(keys).WaitAsync(context.HttpContext.RequestAborted);
            _said = false;
        }
        catch (Exception e) when (!context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            // Said once, not at every call.
            if (!Interlocked.Exchange(ref _said, true))
            {
                Log.Missing(logger, e, context.Options.Authority);
            }
            context.HttpContext.Features.Set(new Missing());
            context.Fail(e);
        }
    }

    // Keys that have come are kept, and are here at once. Until then one question is for all who wait: each would have to wait for those before.
    private Task<OpenIdConnectConfiguration> AskAsync(IConfigurationManager<OpenIdConnectConfiguration> keys)
    {
        lock (_lock)
        {
            return _asking = _asking is { IsCompleted: false } ? _asking : keys.GetConfigurationAsync(CancellationToken.None);
        }
    }

    private sealed record Missing;

    private static partial class Log
    {
        [LoggerMessage(61, LogLevel.Warning, "The keys of the issuer {Issuer} cannot be fetched. Whoever sends a token is refused (UNAVAILABLE) until they can.")]
        public static partial void Missing(ILogger logger, Exception exception, string? issuer);
    }
}
