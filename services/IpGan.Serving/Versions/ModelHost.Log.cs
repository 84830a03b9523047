using Microsoft.Extensions.Logging;

namespace IpGan.Serving.Versions;

public sealed partial class ModelHost
{
    private static partial class Log
    {
        [LoggerMessage(10, LogLevel.Information, "{Role} {Version} loaded in {Milliseconds:F0} ms, {Standing}.")]
        public static partial void Loaded(ILogger logger, string role, int version, double milliseconds, string standing);

        [LoggerMessage(11, LogLevel.Error, "{Role} {Version} refused: {Problem}.")]
        public static partial void Rejected(ILogger logger, string role, int version, string problem);

        [LoggerMessage(12, LogLevel.Warning, "{Role} {Version} is not complete: {Problem}. It is looked at again when its folder changes.")]
        public static partial void Incomplete(ILogger logger, string role, int version, string problem);

        [LoggerMessage(13, LogLevel.Information, "{Role} {Version} will be unloaded in {Seconds:F0} s.")]
        public static partial void Draining(ILogger logger, string role, int version, double seconds);

        [LoggerMessage(14, LogLevel.Information, "{Role} {Version} unloaded.")]
        public static partial void Unloaded(ILogger logger, string role, int version);

        [LoggerMessage(15, LogLevel.Warning, "{Role} {Version} serves on as it was loaded, but {Problem}.")]
        public static partial void ChangedUnderneath(ILogger logger, string role, int version, string problem);

        [LoggerMessage(16, LogLevel.Warning, "No model: '{Root}' should hold {Role}/VERSION/manifest.json, VERSION a positive integer. It is looked at until one comes.")]
        public static partial void Empty(ILogger logger, string root, string role);

        [LoggerMessage(17, LogLevel.Error, "The model repository '{Root}' cannot be looked at; what is loaded serves on.")]
        public static partial void RepositoryUnreadable(ILogger logger, Exception exception, string root);

        [LoggerMessage(18, LogLevel.Information, "{Role} {Version} was chosen and stays active until another is.")]
        public static partial void Pinned(ILogger logger, string role, int version);

        [LoggerMessage(19, LogLevel.Information, "{Role}: the newest version is followed again.")]
        public static partial void Unpinned(ILogger logger, string role);
    }
}
