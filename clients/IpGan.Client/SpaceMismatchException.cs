namespace IpGan.Client;

/// <summary>Two vectors of two spaces were about to be compared.</summary>
/// <param name="one">The one's space.</param>
/// <param name="other">The other's space.</param>
public sealed class SpaceMismatchException(string one, string other) : InvalidOperationException(
    $"Vectors of two spaces, '{one}' and '{other}', have nothing to do with each other and must not be compared. Two ways out: embed the photos "
    + $"of one side again with the model of the other side, or publish an encoder that was trained into the older space (trainer train --into '{one}'), "
    + "whose vectors stay comparable with those at hand.")
{
    /// <summary>The one's space.</summary>
    public string One { get; } = one;

    /// <summary>The other's space.</summary>
    public string Other { get; } = other;
}
