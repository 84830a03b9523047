using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace IpGan.CommandLine;

/// <summary>Tells the client's warnings: why it waits. What the libraries below it warn of comes as the failure that it leads to, if it leads to one.</summary>
internal sealed class ToldWarnings : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("IpGan.", StringComparison.Ordinal) ? this : NullLogger.Instance;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Verb.Tell(formatter(state, exception));
        }
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
