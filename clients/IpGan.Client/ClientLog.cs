using Microsoft.Extensions.Logging;

namespace IpGan.Client;

/// <summary>What a client tells beside its answers.</summary>
internal static partial class ClientLog
{
    /// <summary>A warning the first time, so that nobody wonders why nothing comes.</summary>
    [LoggerMessage(EventId = 1, Message = "{Reason} (trying again, {Attempts} times in a row at most)")]
    public static partial void StreamBroke(ILogger logger, LogLevel level, string reason, int attempts);
}
