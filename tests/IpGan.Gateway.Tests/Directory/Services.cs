using IpGan.V1;

namespace IpGan.Gateway.Tests.Directory;

/// <summary>What services say of their models, as short as a test wants it.</summary>
internal static class Services
{
    /// <summary>A reachable service; a version is "2" (ready), "2*" (ready and active) or "2-" (draining), in the space named after the slash: "2*/A".</summary>
    public static ServiceInfo Service(string role, params string[] versions)
    {
        var info = new ServiceInfo { Role = role, Address = $"http://{role}", Reachable = true };
        info.Models.AddRange(versions.Select(v => Model(role, v)));
        return info;
    }

    public static ServiceInfo Unreachable(this ServiceInfo service)
    {
        var lost = service.Clone();
        lost.Reachable = false;
        return lost;
    }

    private static ModelInfo Model(string role, string text)
    {
        var (name, space) = (text.Split('/')[0], text.Split('/')[1]);
        return new ModelInfo
        {
            Version = name.TrimEnd('*', '-'),
            State = name.EndsWith('-') ? ModelState.Draining : ModelState.Ready,
            Active = name.EndsWith('*'),
            IdentitySpace = role == Roles.PoseEncoder ? null : new SpaceInfo { Name = $"identity-{space}", Dimension = 8 },
            PoseSpace = role == Roles.IdentityEncoder ? null : new SpaceInfo { Name = $"pose-{space}", Dimension = 4 },
        };
    }
}
