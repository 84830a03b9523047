namespace IpGan.Gateway;

/// <summary>Names of the roles, as the contracts have them.</summary>
internal static class Roles
{
    public const string IdentityEncoder = "identity-encoder";
    public const string PoseEncoder = "pose-encoder";
    public const string Generator = "generator";

    public static readonly string[] All = [IdentityEncoder, PoseEncoder, Generator];
}
