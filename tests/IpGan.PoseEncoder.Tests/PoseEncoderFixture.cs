using Google.Protobuf;
using IpGan.Models;
using IpGan.PoseEncoder.Tests;
using IpGan.V1;

[assembly: AssemblyFixture(typeof(PoseEncoderFixture))]

namespace IpGan.PoseEncoder.Tests;

/// <summary>A running pose encoder with two versions, shared by the tests that leave them as they are.</summary>
public sealed class PoseEncoderFixture() : HostOfTwoVersions(Project, ModelRole.PoseEncoder, Space), IAsyncLifetime
{
    public const string Project = "IpGan.PoseEncoder";
    public const string Space = "0000000b";

    public V1.PoseEncoder.PoseEncoderClient Client => new(Host.Channel);

    public static EmbedRequest Request(byte[] photo, string version = "", string id = "") =>
        new() { Image = new Image { Content = ByteString.CopyFrom(photo) }, ModelVersion = version, Id = id };
}
