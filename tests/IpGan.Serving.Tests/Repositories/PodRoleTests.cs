using System.Net;
using Amazon.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace IpGan.Serving.Tests.Repositories;

/// <summary>A pod on EKS has a role instead of keys: the SDK trades its token for keys, with an assembly that it looks for by name only.</summary>
public sealed class PodRoleTests
{
    [Fact]
    public async Task A_token_in_a_file_is_traded_for_keys()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        var token = Path.Combine(folder.Path, "token");
        await File.WriteAllTextAsync(token, "a.pod's.token", cancel);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var server = builder.Build();
        var asked = new List<string>();
        server.MapPost("/", async (HttpRequest request) =>
        {
            var form = await request.ReadFormAsync(cancel);
            asked.Add($"{form["Action"]} {form["RoleArn"]} {form["WebIdentityToken"]}");
            return Results.Content("""
                <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
                <AccessKeyId>KEY</AccessKeyId><SecretAccessKey>SECRET</SecretAccessKey><SessionToken>SESSION</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
                </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
                """, "text/xml", statusCode: (int)HttpStatusCode.OK);
        });
        await server.StartAsync(cancel);
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL_STS", server.Urls.Single());
        Environment.SetEnvironmentVariable("AWS_REGION", "eu-central-1");

        var keys = await new AssumeRoleWithWebIdentityCredentials(token, "arn:aws:iam::1:role/models", "pod").GetCredentialsAsync();

        Assert.Equal(("KEY", "SECRET", "SESSION"), (keys.AccessKey, keys.SecretKey, keys.Token));
        Assert.Equal(["AssumeRoleWithWebIdentity arn:aws:iam::1:role/models a.pod's.token"], asked);
    }
}
