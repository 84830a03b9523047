using IpGan.V1;

namespace IpGan.Gateway.Directory;

/// <summary>Versions of the three models that understand each other, and the spaces that they share.</summary>
internal sealed record Triple(string IdentityEncoder, string PoseEncoder, string Generator, string IdentitySpace, string PoseSpace)
{
    public ModelTriple ToContract() => new() { IdentityEncoder = IdentityEncoder, PoseEncoder = PoseEncoder, Generator = Generator };

    public override string ToString() => $"identity-encoder {IdentityEncoder}, pose-encoder {PoseEncoder}, generator {Generator}";
}
