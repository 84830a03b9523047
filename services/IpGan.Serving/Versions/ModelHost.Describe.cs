using IpGan.Models;
using IpGan.V1;

namespace IpGan.Serving.Versions;

public sealed partial class ModelHost
{
    /// <summary>What is on disk and in memory, as the contracts have it.</summary>
    public ServiceInfo Describe()
    {
        var state = _state;
        var info = new ServiceInfo
        {
            Role = Role.Name(),
            Reachable = true,
            Device = _device.Name,
            PinnedVersion = state.Pinned?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "",
        };
        info.Models.AddRange(state.Entries.Values.Reverse().Select(e => Describe(e, state.Active)));
        return info;
    }

    private static ModelInfo Describe(VersionEntry entry, LoadedModel? active)
    {
        var info = new ModelInfo
        {
            Version = entry.Version.ToString(System.Globalization.CultureInfo.InvariantCulture),
            State = entry.State,
            Active = entry.Loaded is not null && entry.Loaded == active,
            Problem = entry.Problem,
        };
        if (entry.Manifest is { } manifest)
        {
            info.IdentitySpace = Space(manifest.IdentitySpace);
            info.PoseSpace = Space(manifest.PoseSpace);
            info.ImageSize = manifest.ImageSize;
            info.Verification = manifest.Verification is { } figures
                ? new Verification { Threshold = (float)figures.Threshold, Accuracy = (float)figures.Accuracy, MeasuredOn = figures.MeasuredOn } : null;
            info.Finder = manifest.Finder is { } finder
                ? new FinderQuality
                {
                    Threshold = (float)finder.Threshold,
                    Recall = (float)finder.Recall,
                    Precision = (float)finder.Precision,
                    MeasuredOn = finder.MeasuredOn,
                } : null;
            info.Bridges.AddRange((manifest.Bridges ?? []).Select(b => new BridgeInfo
            {
                From = Space(b.From),
                Threshold = (float)b.Measured.Threshold,
                Accuracy = (float)b.Measured.Accuracy,
                OldAccuracy = (float)b.Measured.OldAccuracy,
                NewAccuracy = (float)b.Measured.NewAccuracy,
                Found = (float)b.Measured.Found,
                OldFound = (float)b.Measured.OldFound,
                NewFound = (float)b.Measured.NewFound,
                MeasuredOn = b.Measured.MeasuredOn,
            }));
            info.Created = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(manifest.Created);
        }
        return info;
    }

    private static SpaceInfo? Space(VectorSpace? space) => space is null ? null : new SpaceInfo { Name = space.Name, Dimension = space.Dimension };
}
