namespace IpGan.Gateway;

/// <summary>Names of the roles, as the contracts have them.</summary>
internal static class Roles
{
    public const string IdentityEncoder = "identity-encoder";
    public const string PoseEncoder = "pose-encoder";
    public const string Generator = "generator";

    public const string FaceFinder = "face-finder";

    /// <summary>One service each.</summary>
    public static readonly string[] Services = [IdentityEncoder, PoseEncoder, Generator];

    /// <summary>The face finder is no service of its own: both encoders have one.</summary>
    public static readonly string[] All = [.. Services, FaceFinder];

    /// <summary>True if a service of this role has the other, too.</summary>
    public static bool Has(string service, string role) => service == role || (role == FaceFinder && service is IdentityEncoder or PoseEncoder);
}
