using System.CommandLine;
using IpGan.FaceSearch;

namespace IpGan.CommandLine.Searching;

/// <summary>Where faces are kept.</summary>
internal static class StoreOption
{
    public static Option<string> Create() => new("--store")
    {
        Description = "Where faces are kept: a file, or postgres://USER:PASSWORD@HOST:PORT/DATABASE (with pgvector).",
        Required = true,
        HelpName = "STORE",
    };

    /// <summary>Opens a store to change what is in it; one that is not there is not made.</summary>
    public static async Task<IFaceStore> OpenToChangeAsync(string location, CancellationToken cancel)
    {
        await (await FaceStores.OpenAsync(location, write: false, cancel)).DisposeAsync();
        return await FaceStores.OpenAsync(location, write: true, cancel);
    }
}
