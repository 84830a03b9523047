using IpGan.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IpGan.Serving.Tests;

public sealed class ServingExtensionsTests
{
    [Fact]
    public async Task Connections_of_callers_who_vanished_are_noticed()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.AddModelServing(ModelRole.Generator);
        await using var app = builder.Build();
        var http2 = app.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.Http2;
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(20)), (http2.KeepAlivePingDelay, http2.KeepAlivePingTimeout));
    }
}
