using Microsoft.Extensions.DependencyInjection;

namespace IpGan.Client.Tests;

public sealed class IpGanClientOptionsTests
{
    public static TheoryData<IpGanClientOptions, string> Wrong { get; } = new()
    {
        { new IpGanClientOptions { Addresses = [] }, "no address" },
        { new IpGanClientOptions { Addresses = [new Uri("ftp://a")] }, "ftp://a" },
        { new IpGanClientOptions { Addresses = [new Uri("a", UriKind.Relative)] }, "'a'" },
        { new IpGanClientOptions { Addresses = [new Uri("http://a"), new Uri("https://b")] }, "alike" },
        { new IpGanClientOptions { Deadline = TimeSpan.Zero }, "deadline" },
        { new IpGanClientOptions { Deadline = TimeSpan.MaxValue }, "deadline" },
        { new IpGanClientOptions { Attempts = 0 }, "Attempts is 0" },
        { new IpGanClientOptions { Attempts = 11 }, "Attempts is 11" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_is_out_of_range_is_named_at_once(IpGanClientOptions options, string words)
    {
        Assert.Contains(words, Assert.Throws<ArgumentException>(() => new IpGanClient(options)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddIpGanClient(options));
    }

    [Fact]
    public async Task An_application_has_one_client()
    {
        await using var services = new ServiceCollection().AddIpGanClient(new IpGanClientOptions()).BuildServiceProvider();
        Assert.Same(services.GetRequiredService<IpGanClient>(), services.GetRequiredService<IpGanClient>());
    }
}
