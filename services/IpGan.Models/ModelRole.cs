namespace IpGan.Models;

/// <summary>What a model is for.</summary>
public enum ModelRole
{
    /// <summary>Picture → identity vector.</summary>
    IdentityEncoder,

    /// <summary>Picture → pose vector and angles.</summary>
    PoseEncoder,

    /// <summary>Identity vector and pose vector → picture.</summary>
    Generator,

    /// <summary>Whole photo → the faces in it. Beside an encoder, which asks it.</summary>
    FaceFinder,
}

/// <summary>Names of the roles, as folders, manifests and the contracts have them.</summary>
public static class ModelRoles
{
    private static readonly (ModelRole Role, string Name)[] Names =
    [
        (ModelRole.IdentityEncoder, "identity-encoder"), (ModelRole.PoseEncoder, "pose-encoder"), (ModelRole.Generator, "generator"),
        (ModelRole.FaceFinder, "face-finder"),
    ];

    /// <summary>All roles.</summary>
    public static IEnumerable<ModelRole> All => Names.Select(n => n.Role);

    /// <summary>Those that work together on a rotation, in spaces that they share.</summary>
    public static IEnumerable<ModelRole> Rotation => All.Where(r => r != ModelRole.FaceFinder);

    /// <summary>"identity-encoder", "pose-encoder", "generator" or "face-finder".</summary>
    public static string Name(this ModelRole role) => Names.Single(n => n.Role == role).Name;

    /// <summary>The role of a name.</summary>
    /// <exception cref="ArgumentException">There is none of this name.</exception>
    public static ModelRole Parse(string name) => Names.Any(n => n.Name == name)
        ? Names.Single(n => n.Name == name).Role
        : throw new ArgumentException($"There is no role '{name}'; there are {string.Join(", ", Names.Select(n => n.Name))}.");
}
