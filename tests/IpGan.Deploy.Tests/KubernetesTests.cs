using System.Net;
using IpGan.Serving;
using k8s.Models;
using Microsoft.Extensions.Hosting;

namespace IpGan.Deploy.Tests;

/// <summary>What kustomize makes of deploy/kubernetes, and whether it fits together and fits the processes.</summary>
public sealed class KubernetesTests
{
    private static readonly TimeSpan NamesAreCached = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Files => [.. Manifests.Files];

    public static TheoryData<string> Overlays => [.. Manifests.Overlays];

    [Theory, MemberData(nameof(Files))]
    public void Every_file_has_only_what_Kubernetes_knows(string file) => Assert.NotEmpty(Manifests.Read(Tree.Text(file)).Objects);

    [Theory]
    [InlineData("terminationGracePeriodSeconds: 75", "terminationGracePeriod: 75")]
    [InlineData("maxUnavailable: 1", "maxUnavailble: 1")]
    [InlineData("replicas: 2", "replicas: two")]
    [InlineData("kind: Deployment", "kind: Deploymint")]
    [InlineData("sleep: { seconds: 35 }", "sleep: 35")]
    public void What_Kubernetes_does_not_know_is_found(string correct, string wrong)
    {
        var text = Tree.Text($"{Manifests.Folder}/base/generator.yaml");
        Assert.Contains(correct, text, StringComparison.Ordinal);
        Assert.ThrowsAny<Exception>(() => Manifests.Read(text.Replace(correct, wrong, StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Each_process_has_a_deployment_with_settings_that_it_accepts(string overlay)
    {
        var manifests = await Manifests.RenderAsync(overlay);
        Assert.Equal(["gateway", "generator", "identity-encoder", "pose-encoder"], manifests.Deployments.Select(d => d.Metadata.Name).Order());
        ProcessOptions.Gateway(manifests.Environment(manifests.Get<V1Deployment>("gateway")));
        Assert.All(manifests.ModelServices, service =>
        {
            var options = ProcessOptions.Serving(manifests.Environment(service));
            var mount = Manifests.Container(service).VolumeMounts.Single(m => m.Name == "models");
            var fromBucket = options.Repository.StartsWith("s3://", StringComparison.Ordinal);
            Assert.Equal(options.Folder, mount.MountPath);
            Assert.Equal(!fromBucket, mount.ReadOnlyProperty);
            var volume = service.Spec.Template.Spec.Volumes.Single(v => v.Name == "models");
            Assert.Equal(fromBucket, volume.EmptyDir is not null);
            Assert.Equal(fromBucket, volume.PersistentVolumeClaim is null);
            Assert.Equal(fromBucket, !manifests.Objects.OfType<V1PersistentVolumeClaim>().Any());
        });
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task The_gateway_finds_every_replica_of_each_service_by_a_headless_name(string overlay)
    {
        var manifests = await Manifests.RenderAsync(overlay);
        var options = ProcessOptions.Gateway(manifests.Environment(manifests.Get<V1Deployment>("gateway")));
        (string Name, IReadOnlyList<Uri> Addresses)[] wanted =
            [("identity-encoder", options.IdentityEncoders), ("pose-encoder", options.PoseEncoders), ("generator", options.Generators)];
        Assert.All(wanted, w =>
        {
            var address = Assert.Single(w.Addresses);
            var service = manifests.Get<V1Service>(address.Host);
            Assert.Equal("None", service.Spec.ClusterIP);
            Assert.NotEqual(true, service.Spec.PublishNotReadyAddresses);
            Assert.Equal(w.Name, Assert.Single(manifests.Deployments, d => Manifests.Selects(service.Spec.Selector, d)).Metadata.Name);
            // A headless name has no ports of its own: callers reach the container's.
            Assert.Contains(Manifests.Container(manifests.Get<V1Deployment>(w.Name)).Ports, p => p.ContainerPort == address.Port && p.Name == "grpc");
        });
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Probes_ask_what_the_processes_answer_and_ends_are_long_enough_for_the_drain(string overlay)
    {
        var manifests = await Manifests.RenderAsync(overlay);
        Dictionary<string, (string Project, string? Service)> processes = new()
        {
            ["gateway"] = ("IpGan.Gateway", "gateway"),
            ["identity-encoder"] = ("IpGan.IdentityEncoder", V1.IdentityEncoder.Descriptor.FullName),
            ["pose-encoder"] = ("IpGan.PoseEncoder", V1.PoseEncoder.Descriptor.FullName),
            ["generator"] = ("IpGan.Generator", V1.Generator.Descriptor.FullName),
        };
        Assert.All(manifests.Deployments, deployment =>
        {
            var (project, service) = processes[deployment.Metadata.Name];
            var (http, grpc) = Tree.Ports(project);
            var container = Manifests.Container(deployment);
            Assert.Equal([("http", http), ("grpc", grpc), ("metrics", new Uri(Metrics(manifests, deployment)).Port)], container.Ports.Select(p => (p.Name, p.ContainerPort)));
            Assert.Equal((grpc, service), (container.ReadinessProbe.Grpc.Port, container.ReadinessProbe.Grpc.Service));
            Assert.All([container.LivenessProbe, container.StartupProbe], probe => Assert.Equal(("/healthz", "http"), (probe.HttpGet.Path, probe.HttpGet.Port.Value)));

            var pod = deployment.Spec.Template.Spec;
            var pause = TimeSpan.FromSeconds(container.Lifecycle.PreStop.Sleep.Seconds);
            Assert.True(TimeSpan.FromSeconds(pod.TerminationGracePeriodSeconds!.Value) > pause + new HostOptions().ShutdownTimeout);
            Assert.True(service is "gateway" || pause > NamesAreCached, "Gateways would still call a replica that has ended.");
            Assert.Equal("0", deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.Value);
        });
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Pods_have_no_root_no_way_to_write_their_image_and_bounds(string overlay)
    {
        var manifests = await Manifests.RenderAsync(overlay);
        Assert.All(manifests.Deployments, deployment => AssertConfined(deployment.Spec.Template.Spec));
        Assert.Contains(manifests.Objects.OfType<V1NetworkPolicy>(), p => p.Spec is { PodSelector.MatchLabels: null or { Count: 0 }, Ingress: null or { Count: 0 }, Egress: null or { Count: 0 } }
            && p.Spec.PolicyTypes.Order().SequenceEqual(["Egress", "Ingress"]));
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task What_may_be_in_memory_at_once_leaves_room_for_what_becomes_of_it(string overlay)
    {
        var manifests = await Manifests.RenderAsync(overlay);
        Assert.All(manifests.Deployments, deployment =>
        {
            var settings = manifests.Environment(deployment);
            var most = deployment.Metadata.Name == "gateway" ? ProcessOptions.Gateway(settings).MaxBytesInFlight : ProcessOptions.Serving(settings).MaxBytesInFlight;
            Assert.InRange(most, 0, (long)(Manifests.Container(deployment).Resources.Limits["memory"].ToDecimal() / 8));
        });
    }

    [Theory, MemberData(nameof(Overlays))]
    public async Task Budgets_policies_and_autoscalers_are_about_deployments_that_there_are(string overlay)
    {
        var manifests = await Manifests.RenderAsync(overlay);
        Assert.All(manifests.Deployments, deployment =>
        {
            Assert.Single(manifests.Objects.OfType<V1PodDisruptionBudget>(), b => Manifests.Selects(b.Spec.Selector.MatchLabels, deployment));
            Assert.True(Manifests.Selects(deployment.Spec.Selector.MatchLabels, deployment));
            var scaler = manifests.Objects.OfType<V2HorizontalPodAutoscaler>().SingleOrDefault(s => s.Spec.ScaleTargetRef is { Kind: "Deployment" } target && target.Name == deployment.Metadata.Name);
            Assert.Equal(overlay == "base", scaler is null);
            // Two who set the number would fight.
            Assert.Equal(scaler is null, deployment.Spec.Replicas is not null);
            Assert.True((deployment.Spec.Replicas ?? scaler!.Spec.MinReplicas) >= 2);
        });
        var names = manifests.Deployments.Select(d => d.Metadata.Name).ToHashSet();
        Assert.All(manifests.Objects.OfType<V1NetworkPolicy>().SelectMany(p => p.Spec.PodSelector.MatchExpressions ?? []).SelectMany(e => e.Values), name => Assert.Contains(name, names));
        var gateway = manifests.Get<V1NetworkPolicy>("gateway");
        Assert.Contains(gateway.Spec.Egress.SelectMany(e => e.Ports), p => p.Port.Value == $"{Tree.Ports("IpGan.Generator").Grpc}");
    }

    [Fact]
    public async Task Autoscalers_ask_for_what_the_adapter_makes_of_the_wait_for_a_worker()
    {
        var adapter = Tree.Text($"{Manifests.Folder}/components/autoscaling/prometheus-adapter.yaml");
        Assert.Contains("seriesQuery: ipgan_queue_wait_duration_seconds_sum{", adapter, StringComparison.Ordinal);
        Assert.Contains("as: ${1}_mean", adapter, StringComparison.Ordinal);
        // Both times and numbers: the further parts of a call would have idle replicas scaled up.
        Assert.Equal(2, adapter.Split("<<.LabelMatchers>>,lane=~\"calls|streams\"}").Length - 1);
        var manifests = await Manifests.RenderAsync("overlays/production");
        Assert.All(manifests.ModelServices, service => Assert.Equal(
            ["ipgan_queue_wait_duration_seconds_mean"], manifests.Get<V2HorizontalPodAutoscaler>(service.Metadata.Name).Spec.Metrics.Select(m => m.Pods.Metric.Name)));
    }

    [Fact]
    public async Task On_GPUs_each_replica_requires_one_and_a_node_that_has_it()
    {
        var manifests = await Manifests.RenderAsync("overlays/production-gpu");
        Assert.All(manifests.ModelServices, service =>
        {
            var container = Manifests.Container(service);
            Assert.Equal(DeviceChoice.Cuda, ProcessOptions.Serving(manifests.Environment(service)).Device);
            Assert.Equal("1", container.Resources.Limits["nvidia.com/gpu"].ToString());
            Assert.Equal("true", service.Spec.Template.Spec.NodeSelector["nvidia.com/gpu.present"]);
            Assert.Contains($"/{service.Metadata.Name}-gpu:", container.Image, StringComparison.Ordinal);
        });
        Assert.DoesNotContain("-gpu", Manifests.Container(manifests.Get<V1Deployment>("gateway")).Image, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_that_writes_the_models_may_run_where_the_services_do_and_mounts_what_they_read()
    {
        var pod = (await Manifests.RenderAsync("publish")).Get<V1Pod>("publish");
        AssertConfined(pod.Spec);
        var claim = (await Manifests.RenderAsync("base")).Get<V1PersistentVolumeClaim>("models");
        var volume = pod.Spec.Volumes.Single(v => v.PersistentVolumeClaim is not null);
        Assert.Equal((claim.Metadata.Name, claim.Metadata.NamespaceProperty), (volume.PersistentVolumeClaim.ClaimName, pod.Metadata.NamespaceProperty));
        Assert.True(volume.PersistentVolumeClaim.ReadOnlyProperty is not true && pod.Spec.Containers.Single().VolumeMounts.Single(m => m.Name == volume.Name) is { MountPath: "/models", ReadOnlyProperty: not true });
    }

    [Theory]
    [InlineData("base")]
    [InlineData("augment")]
    public async Task Images_are_of_this_version(string overlay)
    {
        var manifests = await Manifests.RenderAsync(overlay);
        var version = System.Xml.Linq.XDocument.Parse(Tree.Text("Directory.Build.props")).Descendants("Version").Single().Value;
        var images = manifests.Deployments.Select(d => Manifests.Container(d).Image).Concat(manifests.Objects.OfType<V1Job>().Select(j => j.Spec.Template.Spec.Containers.Single().Image)).ToList();
        Assert.NotEmpty(images);
        Assert.All(images, image => Assert.EndsWith($":{version}", image, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Augmenting_has_one_pod_for_each_shard_and_calls_the_gateway()
    {
        var manifests = await Manifests.RenderAsync("augment");
        var job = manifests.Get<V1Job>("augment");
        var container = job.Spec.Template.Spec.Containers.Single();
        Assert.Equal(("Indexed", job.Spec.Completions, job.Spec.Completions), (job.Spec.CompletionMode, job.Spec.Parallelism, job.Spec.MaxFailedIndexes));
        Assert.Equal($"$(SHARD)/{job.Spec.Completions}", container.Args[container.Args.IndexOf("--shard") + 1]);
        Assert.Contains("batch.kubernetes.io/job-completion-index", container.Env.Single(e => e.Name == "SHARD").ValueFrom.FieldRef.FieldPath, StringComparison.Ordinal);
        AssertConfined(job.Spec.Template.Spec);
        var gateway = (await Manifests.RenderAsync("base")).Get<V1Service>("gateway");
        var address = new Uri(container.Env.Single(e => e.Name == "IPGAN_ADDRESS").Value);
        Assert.Equal(gateway.Metadata.Name, address.Host);
        Assert.Contains(gateway.Spec.Ports, p => p.Port == address.Port && p.Name == "grpc");
    }

    private static string Metrics(Manifests manifests, V1Deployment deployment) =>
        manifests.Environment(deployment)["Kestrel__Endpoints__Metrics__Url"].Replace("*", IPAddress.Any.ToString(), StringComparison.Ordinal);

    private static void AssertConfined(V1PodSpec pod)
    {
        Assert.Equal(false, pod.AutomountServiceAccountToken);
        Assert.Equal((true, "RuntimeDefault"), (pod.SecurityContext.RunAsNonRoot, pod.SecurityContext.SeccompProfile.Type));
        var container = pod.Containers.Single();
        Assert.Equal((false, true), (container.SecurityContext.AllowPrivilegeEscalation, container.SecurityContext.ReadOnlyRootFilesystem));
        Assert.Equal(["ALL"], container.SecurityContext.Capabilities.Drop);
        Assert.Superset(new HashSet<string> { "cpu", "memory" }, container.Resources.Limits.Keys.ToHashSet());
        Assert.Contains(container.VolumeMounts, m => m.MountPath == "/tmp");
    }
}
