using System.CommandLine;
using System.Globalization;
using IpGan.V1;

namespace IpGan.CommandLine;

internal static class ModelsVerb
{
    private static readonly string[] Roles = ["identity-encoder", "pose-encoder", "generator", "face-finder"];

    public static Command Create() => new("models", "Shows which models serve, and chooses them.") { List(), Watch(), Pin(), Rollback() };

    private static Command List() => Verb.Create("list", "All versions of all services.", [], async (parse, client, cancel) =>
    {
        Write(parse, await client.ListModelsAsync(cancel));
        return ExitCode.Success;
    });

    private static Command Watch() => Verb.Create("watch", "The same, again whenever anything changes, until it is interrupted.", [], async (parse, client, cancel) =>
    {
        ModelsSnapshot? last = null;
        try
        {
            await foreach (var snapshot in client.WatchModelsAsync(cancel))
            {
                // Signs of life repeat the last one.
                if (!snapshot.Equals(last))
                {
                    Write(parse, snapshot);
                    last = snapshot;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The way to end it.
        }
        return ExitCode.Success;
    });

    private static Command Pin()
    {
        var role = Role();
        var version = new Argument<string>("VERSION") { Description = "As `ipgan models list` shows it; 'newest': follow the newest again." };
        return Verb.Create("pin", "Makes a role serve a version, and stay with it.", [role, version], async (parse, client, cancel) =>
        {
            var chosen = parse.GetValue(version)!;
            Write(parse, await client.SetVersionAsync(parse.GetValue(role)!, chosen == "newest" ? "" : chosen, Verb.ModelDeadline, cancel));
            return ExitCode.Success;
        });
    }

    private static Command Rollback()
    {
        var role = Role();
        return Verb.Create("rollback", "Makes a role serve the version before the one that serves now, and stay with it.", [role], async (parse, client, cancel) =>
        {
            var name = parse.GetValue(role)!;
            var replicas = (await client.ListModelsAsync(cancel)).Services.Where(s => s.Reachable && s.Role == name).ToList();
            var models = replicas.SelectMany(s => s.Models).ToList();
            var active = models.Find(m => m.Active) ?? throw new ArgumentException($"No {name} is serving.");
            // A version that only some replicas have, or that one of them rejected, is nothing to go back to.
            bool Everywhere(string version) => replicas.TrueForAll(s => s.Models.Any(m => m.Version == version && m.State is ModelState.Ready or ModelState.Available));
            var before = models.Where(m => Number(m) < Number(active) && Everywhere(m.Version)).MaxBy(Number)
                ?? throw new ArgumentException($"There is no {name} before version {active.Version}.");
            Write(parse, await client.SetVersionAsync(name, before.Version, Verb.ModelDeadline, cancel));
            return ExitCode.Success;
        });
    }

    private static int Number(ModelInfo model) => int.Parse(model.Version, CultureInfo.InvariantCulture);

    private static Argument<string> Role()
    {
        var role = new Argument<string>("ROLE") { Description = string.Join(", ", Roles) + "." };
        role.AcceptOnlyFromAmong(Roles);
        return role;
    }

    private static void Write(ParseResult parse, ModelsSnapshot snapshot)
    {
        var rows = snapshot.Services.SelectMany(s => s.Models.DefaultIfEmpty(), (service, model) => (Service: service, Model: model)).ToList();
        Output.Write(parse,
            new
            {
                Services = snapshot.Services.Select(s => new
                {
                    s.Role,
                    s.Address,
                    s.Reachable,
                    Pinned = s.PinnedVersion,
                    s.Device,
                    Models = s.Models.Select(m => new
                    {
                        m.Version,
                        State = Word(m),
                        m.Active,
                        IdentitySpace = m.IdentitySpace?.Name,
                        PoseSpace = m.PoseSpace?.Name,
                        m.ImageSize,
                        Threshold = m.Verification?.Threshold,
                        Accuracy = m.Verification?.Accuracy,
                        Finder = m.Finder is { } f ? new { f.Threshold, f.Recall, f.Precision } : null,
                        m.Problem,
                    }),
                }),
                Serving = snapshot.Serving is { } t ? new { t.IdentityEncoder, t.PoseEncoder, t.Generator } : null,
                snapshot.Note,
            },
            ["role", "address", "version", "state", "identity space", "pose space", "problem"],
            rows.Select(r => (string[])
            [
                r.Service.Role, r.Service.Reachable ? r.Service.Address : $"{r.Service.Address} (lost)",
                r.Model?.Version + (r.Service.PinnedVersion.Length > 0 && r.Service.PinnedVersion == r.Model?.Version ? " (pinned)" : ""),
                r.Model is null ? "" : r.Model.Active ? $"{Word(r.Model)}, serves" : Word(r.Model),
                r.Model?.IdentitySpace?.Name ?? "", r.Model?.PoseSpace?.Name ?? "", r.Model?.Problem ?? "",
            ]));
        if (snapshot.Serving is { } triple)
        {
            Verb.Tell($"Rotations are answered by identity-encoder {triple.IdentityEncoder}, pose-encoder {triple.PoseEncoder}, generator {triple.Generator}.");
        }
        if (snapshot.Note.Length > 0)
        {
            Verb.Tell(snapshot.Note);
        }
    }

    private static string Word(ModelInfo model) => model.State.ToString().ToLowerInvariant();
}
