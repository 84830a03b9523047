using System.Net;
using System.Text;
using System.Text.Json;

namespace IpGan.Gateway.Tests;

public sealed class RestTests(TinyCluster cluster) : IClassFixture<TinyCluster>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Photo(int seed) => Convert.ToBase64String(Pictures.Square(seed));

    private async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, string json)
    {
        using var client = new HttpClient();
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri(cluster.Gateway.HttpAddress + path), content, Cancel);
        return (response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel)).RootElement);
    }

    private static float[] Values(JsonElement embedding) => [.. embedding.GetProperty("values").EnumerateArray().Select(v => v.GetSingle())];

    [Fact]
    public async Task An_identity_vector_comes_with_its_space_and_version()
    {
        var (status, body) = await PostAsync("/v1/identity:embed", $$$"""{"image":{"content":"{{{Photo(4)}}}"}}""");
        Assert.Equal(HttpStatusCode.OK, status);
        var embedding = body.GetProperty("embedding");
        Assert.Equal(TinyPackages.IdentitySpace(TinyCluster.SpaceId), embedding.GetProperty("space").GetString());
        Assert.Equal("1", embedding.GetProperty("modelVersion").GetString());
        Assert.All(cluster.Identity(Pictures.Square(4)).Zip(Values(embedding)), p => Assert.Equal(p.First, p.Second, 1e-5f));
    }

    [Fact]
    public async Task A_pose_vector_comes_from_a_photo_or_from_angles()
    {
        var (_, photo) = await PostAsync("/v1/pose:embed", $$$"""{"image":{"content":"{{{Photo(5)}}}","cropped":true}}""");
        Assert.All(cluster.Pose.Embed(Pictures.Square(5))[0].Zip(Values(photo.GetProperty("embedding"))), p => Assert.Equal(p.First, p.Second, 1e-5f));
        var (_, angles) = await PostAsync("/v1/pose:fromAngles", """{"yaw":30,"pitch":0,"roll":0}""");
        Assert.All(cluster.Pose.Anchors!.Interpolate(30, 0, 0).Zip(Values(angles.GetProperty("embedding"))), p => Assert.Equal(p.First, p.Second, 1e-5f));
        Assert.Equal(60, angles.GetProperty("reach").GetProperty("yawMax").GetSingle());
    }

    [Fact]
    public async Task A_rotation_takes_photo_angles_and_vector_and_answers_with_pictures()
    {
        var (_, pose) = await PostAsync("/v1/pose:fromAngles", """{"yaw":-30}""");
        var (status, body) = await PostAsync("/v1/rotate", $$$"""
            {"source":{"image":{"content":"{{{Photo(6)}}}"}},
             "targets":[{"image":{"content":"{{{Photo(7)}}}"}},{"angles":{"yaw":-45}},{"pose":{{{pose.GetProperty("embedding")}}}}]}
            """);
        Assert.Equal(HttpStatusCode.OK, status);
        var images = body.GetProperty("images").EnumerateArray().Select(i => i.GetProperty("content").GetBytesFromBase64()).ToList();
        Assert.Equal(3, images.Count);
        var identity = cluster.Identity(Pictures.Square(6));
        cluster.AssertDrawn(identity, cluster.Pose.Embed(Pictures.Square(7))[0], images[0]);
        cluster.AssertDrawn(identity, cluster.Pose.Anchors!.Interpolate(-45, 0, 0), images[1]);
        cluster.AssertDrawn(identity, cluster.Pose.Anchors!.Interpolate(-30, 0, 0), images[2]);
    }

    [Fact]
    public async Task New_people_can_be_drawn()
    {
        var (_, people) = await PostAsync("/v1/identity:sample", """{"count":2,"seed":"5"}""");
        var identities = people.GetProperty("identities").EnumerateArray().ToList();
        Assert.Equal(2, identities.Count);
        var (_, pose) = await PostAsync("/v1/pose:fromAngles", "{}");
        var (status, drawn) = await PostAsync("/v1/generate", $$"""{"identity":{{identities[1]}},"poses":[{{pose.GetProperty("embedding")}}]}""");
        Assert.Equal(HttpStatusCode.OK, status);
        cluster.AssertDrawn(Values(identities[1]), cluster.Pose.Anchors!.Interpolate(0, 0, 0), drawn.GetProperty("images")[0].GetProperty("content").GetBytesFromBase64());
    }

    [Fact]
    public async Task All_services_models_are_listed_with_the_triple_in_use()
    {
        using var client = new HttpClient();
        var body = JsonDocument.Parse(await client.GetStringAsync(new Uri($"{cluster.Gateway.HttpAddress}/v1/models"), Cancel)).RootElement;
        Assert.Equal(["identity-encoder", "pose-encoder", "generator"], body.GetProperty("services").EnumerateArray().Select(s => s.GetProperty("role").GetString()));
        Assert.All(body.GetProperty("services").EnumerateArray(), s =>
        {
            Assert.True(s.GetProperty("reachable").GetBoolean());
            Assert.Equal("MODEL_STATE_READY", s.GetProperty("models")[0].GetProperty("state").GetString());
        });
        Assert.Equal("1", body.GetProperty("serving").GetProperty("generator").GetString());
        Assert.Equal("", body.GetProperty("note").GetString());
    }

    [Theory]
    [InlineData("/v1/rotate", """{"source":{"image":{"content":""}},"targets":[{"angles":{"yaw":1}}]}""", 400, 3, "source.image: ")]
    [InlineData("/v1/rotate", """{"source":{"picture":{}}}""", 400, 3, "")]
    [InlineData("/v1/rotate", """{"source":""", 400, 3, "")]
    [InlineData("/v1/identity:embed", """{"image":{"content":"bm8gcGljdHVyZQ=="}}""", 400, 3, "JPEG, PNG or WebP")]
    [InlineData("/v1/identity:embed", "{}", 400, 3, "image is missing")]
    [InlineData("/v1/pose:fromAngles", """{"yaw":120}""", 400, 11, "yaw 120° is out of reach")]
    [InlineData("/v1/pose:fromAngles", """{"yaw":1,"modelVersion":"77"}""", 404, 5, "'77'")]
    [InlineData("/v1/models:setVersion", """{"role":"painter","version":"1"}""", 400, 3, "role is 'painter'")]
    [InlineData("/v1/models:setVersion", """{"role":"generator","version":"one"}""", 400, 3, "version is 'one'")]
    [InlineData("/v1/models:setVersion", """{"role":"generator","version":"9"}""", 404, 5, "There is no version 9")]
    public async Task A_bad_request_is_told_what_is_wrong(string path, string json, int http, int code, string message)
    {
        var (status, body) = await PostAsync(path, json);
        Assert.Equal(http, (int)status);
        Assert.Equal(code, body.GetProperty("code").GetInt32());
        Assert.Contains(message, body.GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
