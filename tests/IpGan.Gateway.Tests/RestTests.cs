using System.Net;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using IpGan.V1;

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
        Vectors.AssertClose(cluster.Identity(Pictures.Square(4)), Values(embedding), 1e-5f);
    }

    [Fact]
    public async Task A_vector_of_an_older_space_goes_over_a_bridge_if_there_is_one()
    {
        var (status, body) = await PostAsync("/v1/identity:bridge", """{"embeddings":[{"values":[1,0,0],"space":"identity-ffffffff@square1+given"}]}""");
        Assert.Equal((HttpStatusCode.BadRequest, "FAILED_PRECONDITION"), (status, body.GetProperty("code").GetString()));
        Assert.Contains("has no bridges", body.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pose_vector_comes_from_a_photo_or_from_angles()
    {
        var (_, photo) = await PostAsync("/v1/pose:embed", $$$"""{"image":{"content":"{{{Photo(5)}}}","cropped":true}}""");
        Vectors.AssertClose(cluster.Pose.Embed(Pictures.Square(5))[0], Values(photo.GetProperty("embedding")), 1e-5f);
        var (_, angles) = await PostAsync("/v1/pose:fromAngles", """{"yaw":30,"pitch":0,"roll":0}""");
        Vectors.AssertClose(cluster.Pose.Anchors!.Interpolate(30, 0, 0), Values(angles.GetProperty("embedding")), 1e-5f);
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
    [InlineData("/v1/rotate", """{"source":{"image":{"content":""}},"targets":[{"angles":{"yaw":1}}]}""", 400, "INVALID_ARGUMENT", "source.image: ")]
    [InlineData("/v1/rotate", """{"source":{"picture":{}}}""", 400, "INVALID_ARGUMENT", "")]
    [InlineData("/v1/rotate", """{"source":""", 400, "INVALID_ARGUMENT", "")]
    [InlineData("/v1/identity:embed", """{"image":{"content":"bm8gcGljdHVyZQ=="}}""", 400, "INVALID_ARGUMENT", "JPEG, PNG or WebP")]
    [InlineData("/v1/identity:embed", "{}", 400, "INVALID_ARGUMENT", "image is missing")]
    [InlineData("/v1/compare", """{"a":{"image":{}},"b":{}}""", 400, "INVALID_ARGUMENT", "b is missing")]
    [InlineData("/v1/pose:fromAngles", """{"yaw":120}""", 400, "OUT_OF_RANGE", "yaw 120° is out of reach")]
    [InlineData("/v1/pose:fromAngles", """{"yaw":1,"modelVersion":"77"}""", 404, "NOT_FOUND", "'77'")]
    [InlineData("/v1/models:setVersion", """{"role":"painter","version":"1"}""", 400, "INVALID_ARGUMENT", "role is 'painter'")]
    [InlineData("/v1/models:setVersion", """{"role":"generator","version":"one"}""", 400, "INVALID_ARGUMENT", "version is 'one'")]
    [InlineData("/v1/models:setVersion", """{"role":"generator","version":"9"}""", 404, "NOT_FOUND", "There is no version 9")]
    public async Task A_bad_request_is_told_what_is_wrong_as_a_problem(string path, string json, int http, string code, string message)
    {
        var (status, body) = await PostAsync(path, json);
        Assert.Equal((http, http), ((int)status, body.GetProperty("status").GetInt32()));
        Assert.Equal(code, body.GetProperty("code").GetString());
        Assert.Contains(message, body.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_problem_names_the_fields_in_the_same_words_as_gRPC()
    {
        var (_, body) = await PostAsync("/v1/rotate", $$$"""{"source":{"image":{"content":"{{{Photo(1)}}}"}},"targets":[{"angles":{}},{"angles":{"yaw":85}}]}""");
        var violation = Assert.Single(body.GetProperty("violations").EnumerateArray());
        Assert.Equal("targets[1].angles", violation.GetProperty("field").GetString());
        Assert.Contains("out of reach", violation.GetProperty("description").GetString(), StringComparison.Ordinal);

        var request = new RotateRequest
        {
            Source = new RotationSource { Image = new Image { Content = ByteString.CopyFrom(Pictures.Square(1)) } },
            Targets = { new RotationTarget { Angles = new Angles() }, new RotationTarget { Angles = new Angles { Yaw = 85 } } },
        };
        var error = await Assert.ThrowsAsync<RpcException>(
            () => new FaceRotation.FaceRotationClient(cluster.Gateway.Channel).RotateAsync(request, cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(body.GetProperty("detail").GetString(), error.Status.Detail);
        var field = Assert.Single(error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations);
        Assert.Equal((violation.GetProperty("field").GetString(), violation.GetProperty("description").GetString()), (field.Field, field.Description));
    }

    [Theory]
    [InlineData("/v1/nothing", 404)]
    [InlineData("/nothing", 404)]
    public async Task A_path_that_does_not_exist_is_a_problem_that_says_where_to_look(string path, int http)
    {
        var (status, body) = await PostAsync(path, "{}");
        Assert.Equal(http, (int)status);
        Assert.Contains("/openapi/v1.json", body.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_can_be_watched_one_line_a_snapshot()
    {
        using var client = new HttpClient();
        await using var stream = await client.GetStreamAsync(new Uri($"{cluster.Gateway.HttpAddress}/v1/models:watch"), Cancel);
        using var reader = new StreamReader(stream);
        for (var i = 0; i < 2; i++)
        {
            var snapshot = JsonDocument.Parse((await reader.ReadLineAsync(Cancel))!).RootElement;
            Assert.Equal(3, snapshot.GetProperty("services").GetArrayLength());
        }
    }

    [Fact]
    public async Task The_openapi_document_has_every_rest_call_with_its_words()
    {
        using var client = new HttpClient();
        var document = JsonDocument.Parse(await client.GetStringAsync(new Uri($"{cluster.Gateway.HttpAddress}/openapi/v1.json"), Cancel)).RootElement;
        var paths = document.GetProperty("paths").EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
        string[] expected =
        [
            "/v1/rotate", "/v1/compare", "/v1/identity:resolve", "/v1/identity:embed", "/v1/identity:sample", "/v1/pose:embed", "/v1/pose:fromAngles",
            "/v1/generate", "/v1/models", "/v1/models:setVersion",
        ];
        Assert.All(expected, path => Assert.Contains(path, paths.Keys));
        Assert.Equal("One person to one or more poses.", paths["/v1/rotate"].GetProperty("post").GetProperty("summary").GetString());
        var schemas = document.GetProperty("components").GetProperty("schemas");
        // Every reference leads somewhere.
        var references = System.Text.RegularExpressions.Regex.Matches(document.GetRawText(), "\"#/components/schemas/([^\"]+)\"").Select(m => m.Groups[1].Value);
        Assert.All(references.Distinct(), name => Assert.True(schemas.TryGetProperty(name, out _), name));
        Assert.True(schemas.GetProperty("RotateRequest").GetProperty("properties").TryGetProperty("targets", out _));
    }
}
