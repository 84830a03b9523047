using System.Net;

namespace IpGan.Gateway.Tests;

/// <summary>Studio's files over HTTP, without a browser's help.</summary>
public sealed class StudioFilesTests(TinyCluster cluster) : IClassFixture<TinyCluster>
{
    [Theory]
    [InlineData("", "text/html")]
    [InlineData("js/main.js", "text/javascript")]
    [InlineData("css/base.css", "text/css")]
    [InlineData("examples/1.jpg", "image/jpeg")]
    public async Task Every_file_carries_the_policy_and_is_not_sent_twice(string path, string type)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var client = new HttpClient();
        using var first = await client.GetAsync(new Uri($"{cluster.Gateway.HttpAddress}/{path}"), cancel);
        Assert.Equal(type, first.Content.Headers.ContentType!.MediaType);
        var policy = first.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", first.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", first.Headers.GetValues("Referrer-Policy").Single());

        using var again = new HttpRequestMessage(HttpMethod.Get, new Uri($"{cluster.Gateway.HttpAddress}/{path}"));
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await client.SendAsync(again, cancel);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }
}
