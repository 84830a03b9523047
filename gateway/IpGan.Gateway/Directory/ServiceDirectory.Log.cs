namespace IpGan.Gateway.Directory;

internal sealed partial class ServiceDirectory
{
    private static partial class Log
    {
        [LoggerMessage(50, LogLevel.Information, "The {Role} at {Address} is there.")]
        public static partial void Found(ILogger logger, string role, string address);

        [LoggerMessage(51, LogLevel.Warning, "The {Role} at {Address} is lost: {Reason}")]
        public static partial void Lost(ILogger logger, string role, string address, string reason);

        [LoggerMessage(52, LogLevel.Debug, "The {Role} at {Address} cannot be reached: {Reason}")]
        public static partial void StillLost(ILogger logger, string role, string address, string reason);

        [LoggerMessage(53, LogLevel.Information, "Rotations use {Triple}.")]
        public static partial void Serving(ILogger logger, Triple triple);

        [LoggerMessage(54, LogLevel.Warning, "Rotations are refused: {Note}")]
        public static partial void NotServing(ILogger logger, string note);

        [LoggerMessage(55, LogLevel.Warning, "The {Role} at {Address} was not told which version to use.")]
        public static partial void NotSet(ILogger logger, Exception exception, string role, string address);

        [LoggerMessage(56, LogLevel.Information, "The {Role} at {Address} is none of the replicas any more.")]
        public static partial void Gone(ILogger logger, string role, string address);
    }
}
