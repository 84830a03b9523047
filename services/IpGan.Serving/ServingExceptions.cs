namespace IpGan.Serving;

/// <summary>A request names a version that is not loaded; the message names those that are.</summary>
public sealed class VersionNotLoadedException(string message) : Exception(message);

/// <summary>No model is loaded yet.</summary>
public sealed class NoModelException(string message) : Exception(message);

/// <summary>Too many requests are waiting.</summary>
public sealed class QueueFullException(string message, TimeSpan retryAfter) : Exception(message)
{
    /// <summary>When to try again.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}

/// <summary>A vector from a space that the model does not understand; the message names both.</summary>
/// <param name="message">What is said to the caller.</param>
/// <param name="field">The part of the request that is meant; null: none in particular.</param>
public sealed class SpaceMismatchException(string message, string? field = null) : Exception(message)
{
    /// <summary>The part of the request that is meant.</summary>
    public string? Field { get; } = field;
}

/// <summary>A request needs a face finder, and there is none; the message says what to do.</summary>
public sealed class NoFinderException(string message) : Exception(message);

/// <summary>A request that no model can answer; the message says what was wrong and what would be right.</summary>
/// <param name="message">What is said to the caller.</param>
/// <param name="field">The part of the request that is meant; null: none in particular.</param>
public sealed class InvalidRequestException(string message, string? field = null) : Exception(message)
{
    /// <summary>The part of the request that is meant.</summary>
    public string? Field { get; } = field;
}

/// <summary>A version that an operator asked for and that was refused; the message says why.</summary>
public sealed class VersionRejectedException(string message) : Exception(message);
