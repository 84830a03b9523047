using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace IpGan.Client;

/// <summary>The way into an application's services.</summary>
public static class IpGanClientExtensions
{
    /// <summary>Adds one <see cref="IpGanClient"/>, which all may use at once.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="options">Where the gateways are.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static IServiceCollection AddIpGanClient(this IServiceCollection services, IpGanClientOptions options)
    {
        options.Validate();
        return services.AddSingleton(provider => new IpGanClient(options, provider.GetService<ILoggerFactory>()));
    }
}
