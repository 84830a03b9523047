using IpGan.Training.Networks;

namespace IpGan.Training.Pathways;

/// <summary>One Adam for each network that learns.</summary>
public sealed class Optimizers(NetworkSet networks) : IDisposable
{
    /// <summary>Of I.</summary>
    public Adam Identity { get; } = new(networks.Identity.named_parameters(), 0.9, 0.99);

    /// <summary>Of the identity loss's classes.</summary>
    public Adam Margin { get; } = new(networks.Margin.named_parameters(), 0.9, 0.99);

    /// <summary>Of P.</summary>
    public Adam Pose { get; } = new(networks.Pose.named_parameters(), 0.9, 0.99);

    /// <summary>Of G.</summary>
    public Adam Generator { get; } = new(networks.Generator.named_parameters(), 0, 0.99);

    /// <summary>Of D.</summary>
    public Adam Discriminator { get; } = new(networks.Discriminator.named_parameters(), 0, 0.99);

    /// <summary>Of what guesses people from pose vectors.</summary>
    public Adam Adversary { get; } = new(networks.Adversary.named_parameters(), 0.9, 0.99);

    /// <summary>Every optimizer with the name that it has in checkpoints.</summary>
    public IEnumerable<(string Name, Adam Optimizer)> All =>
    [
        ("identity", Identity), ("margin", Margin), ("adversary", Adversary), ("pose", Pose), ("generator", Generator), ("discriminator", Discriminator),
    ];

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var (_, optimizer) in All)
        {
            optimizer.Dispose();
        }
    }
}
