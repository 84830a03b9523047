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

        [LoggerMessage(24, LogLevel.Information,
            "No face finder: '{Root}' holds no {Role}/VERSION. Photos of which nobody says where the face is are refused, or taken as cropped, until one comes.")]
        public static partial void NoFinder(ILogger logger, string root, string role);

        [LoggerMessage(25, LogLevel.Warning,
            "No face finder: no {Role}/VERSION in '{Root}' can be used. Photos of which nobody says where the face is are refused (UNAVAILABLE) until one can be.")]
        public static partial void NoUsableFinder(ILogger logger, string root, string role);

        [LoggerMessage(17, LogLevel.Error, "The model repository '{Root}' cannot be looked at for {Role}; what is loaded serves on.")]
        public static partial void RepositoryUnreadable(ILogger logger, Exception exception, string root, string role);

        [LoggerMessage(18, LogLevel.Information, "{Role} {Version} was chosen and stays active until another is.")]
        public static partial void Pinned(ILogger logger, string role, int version);

        [LoggerMessage(20, LogLevel.Warning, "{Problem} It is ignored.")]
        public static partial void PinIgnored(ILogger logger, string problem);

        [LoggerMessage(21, LogLevel.Warning, "{Role}: the choice cannot be kept in the repository ({Problem}); it ends with this process and binds no other.")]
        public static partial void PinNotKept(ILogger logger, string role, string problem);

        [LoggerMessage(19, LogLevel.Information, "{Role}: the newest version is followed again.")]
        public static partial void Unpinned(ILogger logger, string role);

        [LoggerMessage(22, LogLevel.Information, "{Role} {Version} answers {Share:P0} of the requests in the shadow of the active version, until {Requests} were compared.")]
        public static partial void Tried(ILogger logger, string role, int version, double share, int requests);

        [LoggerMessage(23, LogLevel.Information, "{Role} {Version} passed its trial, with answers {Distance:F3} from those of the version before, and is active.")]
        public static partial void Passed(ILogger logger, string role, int version, double distance);
    }
}
