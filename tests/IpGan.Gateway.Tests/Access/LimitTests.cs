using System.Net;
using System.Security.Cryptography;
using System.Text;
using Google.Rpc;
using Grpc.Core;
using IpGan.V1;

namespace IpGan.Gateway.Tests.Access;

/// <summary>A gateway on which each caller may make three calls at once, and then one a second.</summary>
public sealed class LimitTests(LimitTests.LimitedCluster limited) : IClassFixture<LimitTests.LimitedCluster>
{
    public sealed class LimitedCluster : IAsyncLifetime
    {
        private readonly TemporaryFolder _repository = new();
        private Cluster? _cluster;

        public HostProcess Gateway => _cluster!.Gateway;

        public async ValueTask InitializeAsync()
        {
            TinyPackages.PublishSet(_repository.Path, TinyCluster.SpaceId, seed: 1);
            var settings = new Dictionary<string, string>
            {
                ["Gateway:Access:CallsPerSecond"] = "1",
                ["Gateway:Access:Burst"] = "3",
                ["Gateway:Access:CorsOrigins:0"] = "https://example.org",
            };
            foreach (var (name, i) in new[] { "one", "two", "three", "four" }.Select((n, i) => (n, i)))
            {
                settings[$"Gateway:Access:Keys:{i}:Name"] = name;
                settings[$"Gateway:Access:Keys:{i}:Sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
            }
            _cluster = await Cluster.StartAsync(_repository.Path, Cancel, settings);
        }

        public async ValueTask DisposeAsync()
        {
            if (_cluster is not null)
            {
                await _cluster.DisposeAsync();
            }
            _repository.Dispose();
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private HostProcess Gateway => limited.Gateway;

    [Fact]
    public async Task A_caller_beyond_the_limit_is_told_when_to_come_back_and_others_are_not_disturbed()
    {
        var client = new ModelControl.ModelControlClient(Gateway.Channel);
        Task ListAsync(string key) => client.ListModelsAsync(new ListModelsRequest(), new Metadata { { "x-api-key", key } }, cancellationToken: Cancel).ResponseAsync;

        RpcException? refusal = null;
        // More than the bucket holds, faster than it fills.
        for (var call = 0; refusal is null; call++)
        {
            refusal = (await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
            {
                try
                {
                    await ListAsync("one");
                    return null;
                }
                catch (RpcException e)
                {
                    return e;
                }
            }))).OfType<RpcException>().FirstOrDefault();
        }
        Assert.Equal(StatusCode.ResourceExhausted, refusal.StatusCode);
        Assert.Contains("'one' may make 1 calls a second, and 3 at once", refusal.Status.Detail, StringComparison.Ordinal);
        Assert.InRange(refusal.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan(), TimeSpan.FromTicks(1), TimeSpan.FromSeconds(30));
        await ListAsync("two");
    }

    [Fact]
    public async Task Rest_says_it_with_a_header()
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Add("x-api-key", "three");
        HttpResponseMessage? refused = null;
        // More than the bucket holds, faster than it fills.
        while (refused is null)
        {
            foreach (var answer in await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.GetAsync(new Uri($"{Gateway.HttpAddress}/v1/models"), Cancel))))
            {
                if (refused is null && answer.StatusCode != HttpStatusCode.OK)
                {
                    refused = answer;
                }
                else
                {
                    answer.Dispose();
                }
            }
        }
        using (refused)
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.True(refused.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        }
    }

    [Theory]
    [InlineData("application/grpc")]
    [InlineData("application/grpc-web")]
    public async Task To_a_grpc_client_http_says_ok_so_that_the_status_of_grpc_counts(string type)
    {
        using var client = new HttpClient();
        async Task<HttpResponseMessage> ListAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{Gateway.GrpcAddress}/ipgan.v1.ModelControl/ListModels")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                // An empty message.
                Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new(type) } },
            };
            request.Headers.Add("x-api-key", "four");
            return await client.SendAsync(request, Cancel);
        }
        string? status = null;
        // More than the bucket holds, faster than it fills.
        while (status is null)
        {
            foreach (var answer in await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ListAsync())))
            {
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                status ??= answer.Headers.TryGetValues("grpc-status", out var said) && said.Single() != "0" ? said.Single() : null;
                answer.Dispose();
            }
        }
        Assert.Equal($"{(int)StatusCode.ResourceExhausted}", status);
    }

    [Theory]
    [InlineData("https://example.org", true)]
    [InlineData("https://example.com", false)]
    public async Task Only_listed_origins_may_call_from_a_browser(string origin, bool allowed)
    {
        using var client = new HttpClient();
        using var preflight = new HttpRequestMessage(HttpMethod.Options, $"{Gateway.HttpAddress}/v1/rotate");
        preflight.Headers.Add("Origin", origin);
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        preflight.Headers.Add("Access-Control-Request-Headers", "content-type,x-api-key");
        using var answer = await client.SendAsync(preflight, Cancel);
        Assert.Equal(allowed, answer.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Contains("nosniff", answer.Headers.GetValues("X-Content-Type-Options"));
    }
}
