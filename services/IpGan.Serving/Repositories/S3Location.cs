namespace IpGan.Serving.Repositories;

/// <summary>A place in a bucket.</summary>
/// <param name="Bucket">The bucket's name.</param>
/// <param name="Prefix">Empty, or ends with a slash.</param>
internal sealed record S3Location(string Bucket, string Prefix)
{
    private const string Scheme = "s3://";

    /// <summary>Reads s3://BUCKET/PREFIX; null for anything else.</summary>
    public static S3Location? TryParse(string? text)
    {
        if (text?.StartsWith(Scheme, StringComparison.Ordinal) != true)
        {
            return null;
        }
        var parts = text[Scheme.Length..].Split('/', 2);
        var prefix = parts.Length == 2 ? parts[1].Trim('/') : "";
        return parts[0].Length == 0 ? null : new S3Location(parts[0], prefix.Length == 0 ? "" : prefix + "/");
    }
}
