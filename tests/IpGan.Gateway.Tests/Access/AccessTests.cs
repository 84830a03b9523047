using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using Grpc.Health.V1;
using IpGan.V1;

namespace IpGan.Gateway.Tests.Access;

/// <summary>A gateway that lets in who has a key or a token.</summary>
public sealed class AccessTests(AccessTests.GuardedCluster guarded) : IClassFixture<AccessTests.GuardedCluster>
{
    private const string Audience = "ipgan";
    private const string CallerKey = "a-long-random-key-of-a-caller";
    private const string OperatorKey = "a-long-random-key-of-an-operator";

    public sealed class GuardedCluster : IAsyncLifetime
    {
        private readonly TemporaryFolder _repository = new();
        private Cluster? _cluster;
        private TokenIssuer? _issuer;

        public HostProcess Gateway => _cluster!.Gateway;

        internal TokenIssuer Issuer => _issuer!;

        public async ValueTask InitializeAsync()
        {
            TinyPackages.PublishSet(_repository.Path, TinyCluster.SpaceId, seed: 1);
            _issuer = await TokenIssuer.StartAsync();
            _cluster = await Cluster.StartAsync(_repository.Path, Cancel, new Dictionary<string, string>
            {
                ["Gateway:Access:Keys:0:Name"] = "pipeline",
                ["Gateway:Access:Keys:0:Sha256"] = Sha256(CallerKey),
                ["Gateway:Access:Keys:1:Name"] = "night shift",
                ["Gateway:Access:Keys:1:Sha256"] = Sha256(OperatorKey),
                ["Gateway:Access:Keys:1:Operator"] = "true",
                ["Gateway:Access:Tokens:Issuer"] = _issuer.Address,
                ["Gateway:Access:Tokens:Audience"] = Audience,
            });
        }

        public async ValueTask DisposeAsync()
        {
            if (_cluster is not null)
            {
                await _cluster.DisposeAsync();
            }
            if (_issuer is not null)
            {
                await _issuer.DisposeAsync();
            }
            _repository.Dispose();
        }

        private static string Sha256(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private HostProcess Gateway => guarded.Gateway;

    private static Metadata Key(string key) => new() { { "x-api-key", key } };

    private static Metadata Bearer(string token) => new() { { "authorization", $"Bearer {token}" } };

    private async Task<StatusCode> CallAsync(Metadata headers)
    {
        try
        {
            await new FaceRotation.FaceRotationClient(Gateway.Channel).ResolveIdentityAsync(
                new ResolveIdentityRequest { Source = new RotationSource { NewPerson = new NewPerson() } }, headers, cancellationToken: Cancel);
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    [Fact]
    public async Task Callers_with_a_key_or_a_token_are_let_in_and_nobody_else()
    {
        Assert.Equal(StatusCode.OK, await CallAsync(Key(CallerKey)));
        Assert.Equal(StatusCode.OK, await CallAsync(Bearer(guarded.Issuer.Token(Audience))));

        Assert.Equal(StatusCode.Unauthenticated, await CallAsync([]));
        Assert.Equal(StatusCode.Unauthenticated, await CallAsync(Key("another")));
        Assert.Equal(StatusCode.Unauthenticated, await CallAsync(Bearer("no.token")));
        Assert.Equal(StatusCode.Unauthenticated, await CallAsync(Bearer(guarded.Issuer.Token("somebody else"))));
        Assert.Equal(StatusCode.Unauthenticated, await CallAsync(Bearer(guarded.Issuer.Token(Audience, issuer: "http://localhost:1"))));
        Assert.Equal(StatusCode.Unauthenticated, await CallAsync(Bearer(guarded.Issuer.Token(Audience, validFor: TimeSpan.FromHours(-1)))));
    }

    [Fact]
    public async Task Calls_that_go_straight_to_a_service_are_guarded_too()
    {
        var client = new IpGan.V1.Generator.GeneratorClient(Gateway.Channel);
        var error = await Assert.ThrowsAsync<RpcException>(() => client.SampleIdentityAsync(new SampleIdentityRequest(), cancellationToken: Cancel).ResponseAsync);
        Assert.Equal(StatusCode.Unauthenticated, error.StatusCode);
        Assert.Contains("x-api-key", error.Status.Detail, StringComparison.Ordinal);
        Assert.Contains(guarded.Issuer.Address, error.Status.Detail, StringComparison.Ordinal);
        await client.SampleIdentityAsync(new SampleIdentityRequest(), Key(CallerKey), cancellationToken: Cancel);
    }

    [Fact]
    public async Task Only_operators_choose_versions()
    {
        var client = new ModelControl.ModelControlClient(Gateway.Channel);
        var request = new SetVersionRequest { Role = "generator", Version = "1" };
        foreach (var caller in new[] { Key(CallerKey), Bearer(guarded.Issuer.Token(Audience, "other")) })
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => client.SetVersionAsync(request, caller, cancellationToken: Cancel).ResponseAsync);
            Assert.Equal(StatusCode.PermissionDenied, error.StatusCode);
            Assert.Contains("operator", error.Status.Detail, StringComparison.Ordinal);
        }
        await client.SetVersionAsync(request, Key(OperatorKey), cancellationToken: Cancel);
        await client.SetVersionAsync(request, Bearer(guarded.Issuer.Token(Audience, "other ipgan.operator")), cancellationToken: Cancel);
        // Everybody who is let in may look.
        await client.ListModelsAsync(new ListModelsRequest(), Key(CallerKey), cancellationToken: Cancel);
    }

    [Fact]
    public async Task Streams_end_with_the_token_that_they_came_with()
    {
        // Five minutes later it is not taken any more.
        var brief = Bearer(guarded.Issuer.Token(Audience, validFor: TimeSpan.FromSeconds(15) - TimeSpan.FromMinutes(5)));
        using var watch = new ModelControl.ModelControlClient(Gateway.Channel).WatchModels(new WatchModelsRequest(), brief, cancellationToken: Cancel);
        using var rotations = new FaceRotation.FaceRotationClient(Gateway.Channel).RotateStream(brief, cancellationToken: Cancel);
        // Passed on to a service.
        using var vectors = new IdentityEncoder.IdentityEncoderClient(Gateway.Channel).EmbedStream(brief, cancellationToken: Cancel);
        await vectors.RequestStream.WriteAsync(new EmbedRequest(), Cancel);
        Assert.True(await vectors.ResponseStream.MoveNext(Cancel));

        async Task EndsAsync<T>(IAsyncStreamReader<T> answers)
        {
            var error = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                while (await answers.MoveNext(Cancel).WaitAsync(TimeSpan.FromMinutes(1), Cancel))
                {
                }
            });
            Assert.Equal((StatusCode.Unauthenticated, "The token has expired; call again with a new one."), (error.StatusCode, error.Status.Detail));
        }
        await EndsAsync(watch.ResponseStream);
        await EndsAsync(rotations.ResponseStream);
        await EndsAsync(vectors.ResponseStream);
    }

    [Fact]
    public async Task Rest_answers_refusals_as_problems_and_probes_need_no_key()
    {
        using var client = new HttpClient();
        using var refused = await client.GetAsync(new Uri($"{Gateway.HttpAddress}/v1/models"), Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal("application/problem+json", refused.Content.Headers.ContentType?.MediaType);
        var problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync(Cancel)).RootElement;
        Assert.Equal("UNAUTHENTICATED", problem.GetProperty("code").GetString());

        foreach (var open in new[] { "/healthz", "/readyz", "/openapi/v1.json" })
        {
            using var answer = await client.GetAsync(new Uri(Gateway.HttpAddress + open), Cancel);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        var health = await new Health.HealthClient(Gateway.Channel).CheckAsync(new HealthCheckRequest(), cancellationToken: Cancel);
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, health.Status);

        client.DefaultRequestHeaders.Add("x-api-key", CallerKey);
        using var models = await client.GetAsync(new Uri($"{Gateway.HttpAddress}/v1/models"), Cancel);
        Assert.Equal(HttpStatusCode.OK, models.StatusCode);
        Assert.DoesNotContain("NO KEYS", Gateway.Log, StringComparison.Ordinal);
    }
}
