using System.ComponentModel.DataAnnotations;
using IpGan.Gateway;
using IpGan.Serving;
using Microsoft.Extensions.Configuration;

namespace IpGan.Deploy.Tests;

public sealed class ComposeFileTests
{
    private const string GatewayProject = "IpGan.Gateway";

    private static readonly string[] Profiles = ["cpu", "gpu"];
    private readonly ComposeFile _compose = ComposeFile.Read();

    [Fact]
    public void Every_variable_is_an_option_of_its_process_with_a_value_that_it_accepts() =>
        Assert.All(_compose.Services.Values, service => Bind(service));

    [Fact]
    public void Gateway_finds_under_every_profile_one_service_of_the_right_kind_at_each_address()
    {
        foreach (var profile in Profiles)
        {
            var running = _compose.With(profile).ToList();
            var gateway = Assert.Single(running, s => s.Value.Container.Project == GatewayProject).Value;
            var options = (GatewayOptions)Bind(gateway);
            (string Project, IReadOnlyList<Uri> Addresses)[] wanted =
            [
                ("IpGan.IdentityEncoder", options.IdentityEncoders), ("IpGan.PoseEncoder", options.PoseEncoders), ("IpGan.Generator", options.Generators),
            ];
            foreach (var (project, addresses) in wanted)
            {
                Assert.All(addresses, address =>
                {
                    var service = Assert.Single(running, s => s.Key == address.Host || s.Value.Aliases.Contains(address.Host)).Value;
                    Assert.Equal(project, service.Container.Project);
                    Assert.Equal(Tree.Ports(project).Grpc, address.Port);
                    Assert.NotEmpty(service.NetworkNames.Intersect(gateway.NetworkNames));
                });
            }
            Assert.Equal(running.Count - 1, wanted.Sum(w => w.Addresses.Count));
        }
    }

    [Fact]
    public void Only_the_gateway_is_published_on_its_own_ports()
    {
        var (http, grpc) = Tree.Ports(GatewayProject);
        Assert.All(_compose.Services.Values, service => Assert.Equal(
            service.Container.Project == GatewayProject ? [$"{http}:{http}", $"{grpc}:{grpc}"] : [], service.Ports));
    }

    [Fact]
    public void Models_are_mounted_read_only_where_the_services_look_for_them() =>
        Assert.All(ModelServices, service =>
        {
            var place = ((ServingOptions)Bind(service)).Repository;
            Assert.Equal([$"./models:{place}:ro"], service.Volumes);
            Assert.Equal(place, service.Container.Environment["Models__Repository"]);
        });

    [Fact]
    public void Plain_up_means_the_cpu_and_each_profile_has_every_service_once()
    {
        Assert.Contains("COMPOSE_PROFILES=cpu", Tree.Text(".env").Split('\n').Select(l => l.Trim()));
        foreach (var profile in Profiles)
        {
            Assert.Equal(
                ["IpGan.Gateway", "IpGan.Generator", "IpGan.IdentityEncoder", "IpGan.PoseEncoder"],
                _compose.With(profile).Select(s => s.Value.Container.Project).Order());
        }
        Assert.All(ModelServices, service =>
        {
            var profile = Assert.Single(service.Profiles);
            var image = service.Build.Arguments.GetValueOrDefault("DEVICE", "cpu");
            Assert.Equal(profile, image);
            Assert.Contains(image, service.Container.Stages);
            Assert.Equal(profile == "gpu" ? DeviceChoice.Cuda : DeviceChoice.Cpu, ((ServingOptions)Bind(service)).Device);
            Assert.Equal(profile == "gpu", service.Deploy is not null);
        });
    }

    [Fact]
    public void Gateway_starts_after_every_service_of_the_profile_and_without_those_of_the_other()
    {
        var gateway = _compose.Services["gateway"];
        Assert.Equal(_compose.Services.Keys.Except(["gateway"]).Order(), gateway.DependsOn.Keys.Order());
        Assert.All(gateway.DependsOn.Values, dependency => Assert.False(dependency.Required));
    }

    [Fact]
    public void Containers_get_no_more_than_they_need_and_time_to_end()
    {
        Assert.All(_compose.Services.Values, service =>
        {
            Assert.Equal(".", service.Build.Context);
            Assert.True(Tree.Exists(service.Build.Dockerfile), service.Build.Dockerfile);
            Assert.Equal(["ALL"], service.DroppedCapabilities);
            Assert.Equal("unless-stopped", service.Restart);
            Assert.NotEmpty(service.StopGracePeriod);
            Assert.Equal(!service.Profiles.Contains("gpu"), service.ReadOnly);
        });
    }

    private IEnumerable<ComposeService> ModelServices => _compose.Services.Values.Where(s => s.Container.Project != GatewayProject);

    // As the process does it: an unknown name, a value of another type or out of range fails.
    private static object Bind(ComposeService service)
    {
        var (section, type) = service.Container.Project == GatewayProject
            ? (GatewayOptions.Section, typeof(GatewayOptions))
            : (ServingOptions.Section, typeof(ServingOptions));
        var variables = service.Environment.ToDictionary(v => v.Key.Replace("__", ":", StringComparison.Ordinal), v => (string?)v.Value);
        Assert.All(variables.Keys, name => Assert.StartsWith(section + ":", name, StringComparison.Ordinal));
        var options = new ConfigurationBuilder().AddInMemoryCollection(variables).Build().GetSection(section)
            .Get(type, binder => binder.ErrorOnUnknownConfiguration = true);
        Assert.NotNull(options);
        Validator.ValidateObject(options, new ValidationContext(options), validateAllProperties: true);
        return options;
    }
}
