namespace IpGan.Serving;

/// <summary>A request names a version that is not loaded; the message names those that are.</summary>
public sealed class VersionNotLoadedException(string message) : Exception(message);

/// <summary>No model is loaded yet.</summary>
public sealed class NoModelException(string message) : Exception(message);

/// <summary>Too many requests are waiting.</summary>
public sealed class QueueFullException(string message) : Exception(message);

/// <summary>A vector from a space that the model does not understand; the message names both.</summary>
public sealed class SpaceMismatchException(string message) : Exception(message);

/// <summary>A request that no model can answer; the message says what was wrong and what would be right.</summary>
public sealed class InvalidRequestException(string message) : Exception(message);

/// <summary>A version that an operator asked for and that was refused; the message says why.</summary>
public sealed class VersionRejectedException(string message) : Exception(message);
