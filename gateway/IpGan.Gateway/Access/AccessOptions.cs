namespace IpGan.Gateway.Access;

/// <summary>Section <c>Gateway:Access</c>: who may call, and how much. Without keys and issuer everybody may, which the log says at start-up.</summary>
public sealed record AccessOptions
{
    /// <summary>API keys that are accepted, in the header <c>x-api-key</c>.</summary>
    public IReadOnlyList<ApiKeyOptions> Keys { get; init; } = [];

    /// <summary>Accepts bearer tokens of an OpenID Connect issuer.</summary>
    public TokenOptions? Tokens { get; init; }

    /// <summary>
    /// Calls that one caller may make in a second, on average: 0 (any number) to 1,000,000. A stream counts once. Each gateway counts for itself: behind three, a
    /// caller may make three times as many.
    /// </summary>
    public int CallsPerSecond { get; init; }

    /// <summary>Calls that one caller may make at once, at each gateway, before <see cref="CallsPerSecond"/> holds: 1 to 1,000,000.</summary>
    public int Burst { get; init; } = 100;

    /// <summary>Origins of other web pages that may call from a browser: https://example.org. None by default; Studio needs none.</summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    /// <summary>True when callers must say who they are.</summary>
    internal bool IsOn => Keys.Count > 0 || Tokens is not null;

    internal IEnumerable<string> Problems()
    {
        foreach (var (key, i) in Keys.Select((k, i) => (k, i)))
        {
            if (string.IsNullOrWhiteSpace(key.Name))
            {
                yield return $"Access:Keys:{i} has no Name; it is what logs and limits call the caller.";
            }
            if (!(key.Sha256.Length == 64 && key.Sha256.All(char.IsAsciiHexDigit)))
            {
                yield return $"Access:Keys:{i}:Sha256 must be 64 hexadecimal digits: printf %s KEY | sha256sum.";
            }
        }
        if (Keys.GroupBy(k => k.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            yield return $"Access:Keys names '{twice.Key}' twice.";
        }
        if (Tokens is { } tokens && (tokens.Issuer is not { IsAbsoluteUri: true } || string.IsNullOrWhiteSpace(tokens.Audience)))
        {
            yield return "Access:Tokens needs Issuer, the address whose /.well-known/openid-configuration names the keys, and Audience.";
        }
        foreach (var origin in CorsOrigins.Where(o => !Uri.TryCreate(o, UriKind.Absolute, out var uri) || uri.GetLeftPart(UriPartial.Authority) != o))
        {
            yield return $"Access:CorsOrigins has '{origin}'; an origin is like https://example.org, without a path.";
        }
        if (CallsPerSecond is < 0 or > 1_000_000 || Burst is < 1 or > 1_000_000)
        {
            yield return $"Access: CallsPerSecond is {CallsPerSecond} (0 to 1000000), Burst is {Burst} (1 to 1000000).";
        }
        else if (CallsPerSecond > Burst * 10L)
        {
            yield return $"Access: CallsPerSecond is {CallsPerSecond} and Burst {Burst}: what a caller may do at once is given ten times a second, so Burst must be at least {(CallsPerSecond + 9) / 10}.";
        }
    }
}

/// <summary>A key that somebody holds. The key itself is not in the configuration.</summary>
public sealed record ApiKeyOptions
{
    /// <summary>Who holds it.</summary>
    public string Name { get; init; } = "";

    /// <summary>SHA-256 of the key's UTF-8 bytes, hexadecimal: <c>printf %s KEY | sha256sum</c>. Keys are random and long, so nothing slower is needed.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>May choose model versions.</summary>
    public bool Operator { get; init; }
}

/// <summary>Whose bearer tokens are accepted.</summary>
public sealed record TokenOptions
{
    /// <summary>The issuer; /.well-known/openid-configuration there names its keys.</summary>
    public Uri? Issuer { get; init; }

    /// <summary>The audience that tokens must name.</summary>
    public string Audience { get; init; } = "";

    /// <summary>A token with this scope may choose model versions.</summary>
    public string OperatorScope { get; init; } = "ipgan.operator";
}
