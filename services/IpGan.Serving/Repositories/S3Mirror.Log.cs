using Microsoft.Extensions.Logging;

namespace IpGan.Serving.Repositories;

internal sealed partial class S3Mirror
{
    private static partial class Log
    {
        [LoggerMessage(60, LogLevel.Information, "{Role} {Version} was fetched from the bucket.")]
        public static partial void Taken(ILogger logger, string role, int version);

        [LoggerMessage(66, LogLevel.Warning, "{Role} {Version} changed in the bucket and was fetched again; packages never change: publish a new version.")]
        public static partial void TakenAgain(ILogger logger, string role, int version);

        [LoggerMessage(61, LogLevel.Warning, "{Role} {Version} in the bucket is not complete: {Problem}. It is looked at again when its objects change.")]
        public static partial void Incomplete(ILogger logger, string role, int version, string problem);

        [LoggerMessage(62, LogLevel.Error, "{Role} {Version} in the bucket cannot be fetched: {Problem}.")]
        public static partial void Refused(ILogger logger, string role, int version, string problem);

        [LoggerMessage(63, LogLevel.Information, "{Role} {Version} is gone from the bucket, and so from the mirror.")]
        public static partial void Removed(ILogger logger, string role, int version);

        [LoggerMessage(64, LogLevel.Error, "The bucket '{Bucket}' cannot be looked at, or the mirror not be written; what was mirrored serves on.")]
        public static partial void Unreadable(ILogger logger, Exception exception, string bucket);

        [LoggerMessage(65, LogLevel.Error, "The pin of {Role} in the bucket is no version, a positive integer, and is ignored.")]
        public static partial void PinIgnored(ILogger logger, string role);
    }
}
