namespace IpGan.Client;

/// <summary>Where the gateways are, and how patient a client is.</summary>
public sealed record IpGanClientOptions
{
    /// <summary>gRPC addresses of the gateways, http or https alike; calls are spread over those that can be reached. Default: http://localhost:8081.</summary>
    public IReadOnlyList<Uri> Addresses { get; init; } = [new("http://localhost:8081")];

    /// <summary>Sent as <c>x-api-key</c>. Null: none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>
    /// Gives the bearer token of the moment, sent as <c>authorization</c>: asked for every call and every try of it, as tokens expire, so it should keep one while it
    /// lasts. A stream whose token expires is opened again with a new one. Null: none. Beside <see cref="ApiKey"/> gateways go by the key.
    /// </summary>
    public Func<CancellationToken, Task<string>>? Token { get; init; }

    /// <summary>
    /// How long a single call may take, its retries with it: more than nothing, at most a day; <see cref="Timeout.InfiniteTimeSpan"/>: as long as it takes. The same
    /// holds for the deadline of a call. Streams have none.
    /// </summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Times that a call is tried when gateways are unavailable or say that they have too much to do: 1 to 10. That one of two gateways has died is noticed only
    /// after some seconds, and until then every second try may meet it: the default outlasts that.
    /// </summary>
    public int Attempts { get; init; } = 7;

    /// <exception cref="ArgumentException">An option is out of its range; the message says which, and what would be right.</exception>
    internal void Validate()
    {
        if (Addresses.Count == 0)
        {
            throw new ArgumentException("There is no address; give at least one, such as http://localhost:8081.");
        }
        foreach (var address in Addresses)
        {
            if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https"))
            {
                throw new ArgumentException($"The address is '{address}'; an address is like http://localhost:8081 or https://host:port.");
            }
        }
        if (Addresses.Any(a => a.Scheme != Addresses[0].Scheme))
        {
            throw new ArgumentException("Some addresses are http and some https; they must be alike.");
        }
        CheckDeadline(Deadline);
        if (Attempts is < 1 or > 10)
        {
            throw new ArgumentException($"Attempts is {Attempts}; it must be 1 to 10.");
        }
    }

    /// <exception cref="ArgumentException">It is out of its range.</exception>
    internal static void CheckDeadline(TimeSpan deadline)
    {
        if (deadline != Timeout.InfiniteTimeSpan && (deadline <= TimeSpan.Zero || deadline > TimeSpan.FromDays(1)))
        {
            throw new ArgumentException($"The deadline is {deadline}; it must be longer than nothing and a day at most, or Timeout.InfiniteTimeSpan.");
        }
    }
}
