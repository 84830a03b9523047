using System.ComponentModel.DataAnnotations;
using IpGan.Gateway;
using IpGan.Serving;
using Microsoft.Extensions.Configuration;

namespace IpGan.Deploy.Tests;

/// <summary>Reads variables as the processes do: an unknown name, a value of another type or out of range fails.</summary>
internal static class ProcessOptions
{
    public static GatewayOptions Gateway(IEnumerable<KeyValuePair<string, string>> variables) => Bind<GatewayOptions>(GatewayOptions.Section, variables);

    public static ServingOptions Serving(IEnumerable<KeyValuePair<string, string>> variables) => Bind<ServingOptions>(ServingOptions.Section, variables);

    private static T Bind<T>(string section, IEnumerable<KeyValuePair<string, string>> variables)
        where T : class
    {
        var settings = variables.Select(v => new KeyValuePair<string, string?>(v.Key.Replace("__", ":", StringComparison.Ordinal), v.Value)).ToList();
        // Kestrel's own, and those of libraries.
        Assert.All(settings, s => Assert.True(
            s.Key.StartsWith(section + ":", StringComparison.Ordinal) || s.Key.StartsWith("Kestrel:Endpoints:", StringComparison.Ordinal)
                || s.Key.StartsWith("OTEL_", StringComparison.Ordinal) || s.Key == "AWS_REGION", s.Key));
        var options = new ConfigurationBuilder().AddInMemoryCollection(settings).Build().GetSection(section).Get<T>(binder => binder.ErrorOnUnknownConfiguration = true);
        Assert.NotNull(options);
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        return options;
    }
}
