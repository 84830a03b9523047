using Google.Protobuf;
using IpGan.IdentityEncoder.Tests;
using IpGan.Models;
using IpGan.V1;

[assembly: AssemblyFixture(typeof(IdentityEncoderFixture))]

namespace IpGan.IdentityEncoder.Tests;

/// <summary>A running identity encoder with two versions, shared by the tests that leave them as they are.</summary>
public sealed class IdentityEncoderFixture() : HostOfTwoVersions(Project, ModelRole.IdentityEncoder, Space), IAsyncLifetime
{
    public const string Project = "IpGan.IdentityEncoder";
    public const string Space = "0000000a";

    public V1.IdentityEncoder.IdentityEncoderClient Client => new(Host.Channel);

    /// <summary>What a version computes for a photo.</summary>
    public float[] Expected(string version, byte[] photo, Imaging.FacePlace? face = null) => Answers(version).Embed(photo, face)[0];

    public static EmbedRequest Request(byte[] photo, string version = "", string id = "") =>
        new() { Image = new Image { Content = ByteString.CopyFrom(photo) }, ModelVersion = version, Id = id };
}
