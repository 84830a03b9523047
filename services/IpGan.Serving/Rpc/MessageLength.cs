namespace IpGan.Serving.Rpc;

/// <summary>How long an error's words may be.</summary>
internal static class MessageLength
{
    private const int LongestHalf = 500;

    // Callers' own words are in some messages, and a header beyond 64 KB ends a client's whole connection: the gateway's, with everybody's calls on it.
    /// <summary>A message with its middle left out, if it is longer than 1,000 characters.</summary>
    public static string Shortened(this string message) =>
        message.Length <= 2 * LongestHalf ? message : $"{message[..LongestHalf]} … {message[^LongestHalf..]}";
}
