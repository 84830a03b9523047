using System.CommandLine;
using IpGan.Client;

namespace IpGan.CommandLine.Searching;

internal static class MigrateVerb
{
    public static Command Create()
    {
        var store = StoreOption.Create();
        return Verb.Create("migrate",
            "Takes a store's vectors over a bridge into the space of the identity encoder that answers now, without the photos. Less good than to index them anew; how much less is told.",
            [store], async (parse, client, cancel) =>
        {
            await using var faces = await StoreOption.OpenToChangeAsync(parse.GetValue(store)!, cancel);
            var models = await client.ListModelsAsync(cancel);
            var into = Bridge.ActiveSpace(models) ?? throw new IpGanException(Grpc.Core.StatusCode.Unavailable, "No identity encoder answers.");
            if (faces.Space is not { } from || from == into.Name)
            {
                Output.Write(parse, new { Migrated = 0, faces.Space }, ["migrated", "space"], [["0", faces.Space ?? ""]]);
                return ExitCode.Success;
            }
            if (Bridge.Find(models, from) is not { } bridge)
            {
                return Verb.Fail($"there is no bridge from '{from}' into '{into.Name}'. Index the photos anew, or publish an identity encoder that has one "
                    + "(trainer export --bridge-from PACKAGE).", ExitCode.Failed);
            }
            var migrated = await faces.MigrateAsync(
                into.Name, into.Dimension, (vectors, token) => client.BridgeAsync(vectors, bridge.Version, cancel: token), cancel);
            Output.Write(parse, new { Migrated = migrated, From = from, Space = into.Name, ModelVersion = bridge.Version, bridge.Measured },
                ["migrated", "from", "into", "by version", "what is lost"], [[Verb.Number(migrated), from, into.Name, bridge.Version, bridge.Words]]);
            return ExitCode.Success;
        });
    }
}
