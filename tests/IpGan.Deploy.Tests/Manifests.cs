using System.ComponentModel;
using System.Diagnostics;
using k8s;
using k8s.Models;

namespace IpGan.Deploy.Tests;

/// <summary>deploy/kubernetes, as Kubernetes would read it: an unknown field, or one of another type, is an error.</summary>
internal sealed record Manifests(IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects)
{
    public const string Folder = "deploy/kubernetes";

    /// <summary>What can be applied.</summary>
    public static readonly string[] Overlays = ["base", "overlays/production", "overlays/production-gpu"];

    // Other programs' files, and patches.
    private static readonly string[] OthersFiles = ["kustomization.yaml", "prometheus.yaml", "prometheus-adapter.yaml"];

    /// <summary>Files with whole objects.</summary>
    public static IEnumerable<string> Files => Directory.EnumerateFiles(Tree.Full(Folder), "*.yaml", SearchOption.AllDirectories)
        .Where(f => !OthersFiles.Contains(Path.GetFileName(f))).Select(f => Path.GetRelativePath(Tree.Root, f)).Order(StringComparer.Ordinal);

    public IEnumerable<V1Deployment> Deployments => Objects.OfType<V1Deployment>();

    public IEnumerable<V1Deployment> ModelServices => Deployments.Where(d => d.Metadata.Name != "gateway");

    public T Get<T>(string name)
        where T : IKubernetesObject<V1ObjectMeta> => Objects.OfType<T>().Single(o => o.Metadata.Name == name);

    /// <summary>Reads documents strictly.</summary>
    public static Manifests Read(string yaml) => new([.. KubernetesYaml.LoadAllFromString(yaml, typeMap: null, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>()]);

    /// <summary>What <c>kubectl apply -k</c> would send; skips the test where there is no kubectl.</summary>
    public static async Task<Manifests> RenderAsync(string overlay)
    {
        try
        {
            var start = new ProcessStartInfo("kubectl", ["kustomize", Tree.Full($"{Folder}/{overlay}")]);
            var (exitCode, yaml, errors) = await ChildProcess.RunAsync(start, TestContext.Current.CancellationToken);
            Assert.True(exitCode == 0, errors);
            return Read(yaml);
        }
        catch (Win32Exception e)
        {
            Assert.Skip($"kubectl cannot be had here: {e.Message}");
            throw;
        }
    }

    /// <summary>Variables of a deployment's one container.</summary>
    public IReadOnlyDictionary<string, string> Environment(V1Deployment deployment) => Container(deployment).EnvFrom
        .Where(e => e.ConfigMapRef is not null).SelectMany(e => Get<V1ConfigMap>(e.ConfigMapRef.Name).Data).ToDictionary(d => d.Key, d => d.Value);

    public static V1Container Container(V1Deployment deployment) => deployment.Spec.Template.Spec.Containers.Single();

    public static bool Selects(IDictionary<string, string> selector, V1Deployment deployment) =>
        selector.All(s => deployment.Spec.Template.Metadata.Labels.TryGetValue(s.Key, out var value) && value == s.Value);
}
