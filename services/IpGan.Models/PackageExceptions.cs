namespace IpGan.Models;

/// <summary>Files are missing or shorter than the manifest says: the package may still be being copied.</summary>
public sealed class PackageIncompleteException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A package that will never load as it is; the message says what was found and what was expected.</summary>
public sealed class PackageInvalidException(string message, Exception? inner = null) : Exception(message, inner);
