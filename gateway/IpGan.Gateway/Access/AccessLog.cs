using Microsoft.Extensions.Options;

namespace IpGan.Gateway.Access;

/// <summary>Says at the start who may call.</summary>
internal static partial class AccessLog
{
    public static void Write(WebApplication app)
    {
        var access = app.Services.GetRequiredService<IOptions<GatewayOptions>>().Value.Access;
        if (access.IsOn)
        {
            Guarded(app.Logger, access.Keys.Count, access.Tokens?.Issuer?.ToString() ?? "nobody");
        }
        else
        {
            Open(app.Logger);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "NO KEYS AND NO ISSUER ARE CONFIGURED: everybody who reaches this gateway may call it and choose model versions. Fine on a "
        + "machine of your own; elsewhere set Gateway:Access:Keys or Gateway:Access:Tokens.")]
    private static partial void Open(ILogger logger);

    [LoggerMessage(2, LogLevel.Information, "Callers need one of {Keys} keys, or a token of {Issuer}.")]
    private static partial void Guarded(ILogger logger, int keys, string issuer);
}
