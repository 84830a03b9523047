using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using IpGan.V1;

namespace IpGan.Gateway.Tests.Access;

/// <summary>A gateway that starts before the issuer of its callers' tokens; it has no services.</summary>
public sealed class IssuerKeysTests
{
    private const string Audience = "ipgan";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tokens_that_cannot_be_checked_are_put_off_and_the_log_says_why_once()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        issuer.IsDown = true;
        await using var gateway = await HostProcess.StartAsync("IpGan.Gateway", new Dictionary<string, string>
        {
            ["Gateway:IdentityEncoders:0"] = $"http://127.0.0.1:{Ports.Unused()}",
            ["Gateway:PoseEncoders:0"] = $"http://127.0.0.1:{Ports.Unused()}",
            ["Gateway:Generators:0"] = $"http://127.0.0.1:{Ports.Unused()}",
            ["Gateway:Access:Tokens:Issuer"] = issuer.Address,
            ["Gateway:Access:Tokens:Audience"] = Audience,
        }, waitForReady: false, cancel: Cancel);
        var client = new ModelControl.ModelControlClient(gateway.Channel);
        var token = issuer.Token(Audience);
        Task<ModelsSnapshot> ListAsync(string? bearer) => client.ListModelsAsync(
            new ListModelsRequest(), bearer is null ? null : new Metadata { { "authorization", $"Bearer {bearer}" } }, cancellationToken: Cancel).ResponseAsync;

        var refusal = await Assert.ThrowsAsync<RpcException>(() => ListAsync(token));
        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
        Assert.Contains($"the keys of {issuer.Address}", refusal.Status.Detail, StringComparison.Ordinal);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var put = await http.GetAsync(new Uri($"{gateway.HttpAddress}/v1/models"), Cancel);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(1)), (put.StatusCode, put.Headers.RetryAfter?.Delta));
        // Whoever sends none is told what to send.
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(() => ListAsync(null))).StatusCode);
        Assert.Single(gateway.Log.Split('\n'), line => line.Contains($"The keys of the issuer {issuer.Address}", StringComparison.Ordinal));

        issuer.IsDown = false;
        await ListAsync(token);
        Assert.Equal(StatusCode.Unauthenticated, (await Assert.ThrowsAsync<RpcException>(() => ListAsync("no.token"))).StatusCode);
    }
}
