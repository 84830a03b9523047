using System.Text.RegularExpressions;
using System.Xml.Linq;
using IpGan.Gateway;
using IpGan.Serving;

namespace IpGan.Deploy.Tests;

public sealed partial class ComposeFileTests
{
    private const string GatewayProject = "IpGan.Gateway";

    private static readonly string[] Profiles = ["cpu", "gpu"];
    private readonly ComposeFile _compose = ComposeFile.Read();

    [Fact]
    public void Every_variable_of_the_product_is_an_option_of_its_process_with_a_value_that_it_accepts() =>
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
    public void Images_are_named_like_the_services_in_one_registry_and_one_version()
    {
        Assert.All(_compose.Services, service => Assert.Equal($"${{REGISTRY}}/{service.Key}:${{VERSION}}", service.Value.Image));
        var version = XDocument.Parse(Tree.Text("Directory.Build.props")).Descendants("Version").Single().Value;
        Assert.Contains($"VERSION={version}", Tree.Text(".env").Split('\n').Select(l => l.Trim()));
    }

    [Fact]
    public void Every_variable_that_the_file_asks_for_has_a_default()
    {
        var given = Tree.Text(".env").Split('\n').Where(l => !l.StartsWith('#')).Select(l => l.Split('=')[0]).ToHashSet();
        Assert.All(Variable().Matches(Tree.Text(ComposeFile.FileName)), match => Assert.Contains(match.Groups[1].Value, given));
    }

    [Fact]
    public void The_database_is_reached_from_this_machine_only_and_has_what_face_search_needs()
    {
        var database = _compose.All["search-database"];
        Assert.Equal(["search"], database.Profiles);
        Assert.All(database.Ports, port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
        Assert.StartsWith("docker.io/pgvector/pgvector:", database.Image, StringComparison.Ordinal);
        Assert.Empty(database.NetworkNames);
    }

    [Fact]
    public void Containers_get_no_more_than_they_need_and_time_to_end()
    {
        Assert.All(_compose.Services.Values.Append(_compose.All["search-database"]), service =>
        {
            Assert.Equal(["ALL"], service.DroppedCapabilities);
            Assert.Equal("unless-stopped", service.Restart);
            Assert.NotEmpty(service.StopGracePeriod);
            Assert.Equal(!service.Profiles.Contains("gpu"), service.ReadOnly);
        });
        Assert.All(_compose.Services.Values, service =>
        {
            Assert.Equal(".", service.Build.Context);
            Assert.True(Tree.Exists(service.Build.Dockerfile), service.Build.Dockerfile);
        });
    }

    private IEnumerable<ComposeService> ModelServices => _compose.Services.Values.Where(s => s.Container.Project != GatewayProject);

    private static object Bind(ComposeService service) => service.Container.Project == GatewayProject
        ? ProcessOptions.Gateway(service.Environment) : ProcessOptions.Serving(service.Environment);

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex Variable();
}
