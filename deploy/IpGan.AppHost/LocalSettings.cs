using System.Net.NetworkInformation;
using Microsoft.Extensions.Configuration;

namespace IpGan.AppHost;

/// <summary>Ports and folders of a run on this machine, from the command line or their defaults.</summary>
internal sealed record LocalSettings(int HttpPort, int GrpcPort, int DashboardPort, string Models, string Dashboard)
{
    /// <summary>Reads the settings and gives the dashboard its own: plain HTTP, so that no certificate has to be made and no variable set.</summary>
    public static LocalSettings Read(IDistributedApplicationBuilder builder)
    {
        var settings = builder.Configuration;
        var dashboardPort = settings.GetValue("DashboardPort", 18888);
        settings["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true";
        settings["ASPNETCORE_URLS"] = $"http://localhost:{dashboardPort}";
        settings["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = $"http://localhost:{dashboardPort + 1}";
        // `dotnet run` starts this in its own folder: paths are meant from the repository's root, where one types them.
        var models = Path.GetFullPath(settings["Models"] ?? "models", Path.GetFullPath("../..", builder.AppHostDirectory));
        return new LocalSettings(
            settings.GetValue("HttpPort", 8080),
            settings.GetValue("GrpcPort", 8081),
            dashboardPort,
            models,
            $"http://localhost:{dashboardPort}/login?t={settings["AppHost:BrowserToken"]}");
    }

    /// <summary>True if the repository holds a package, complete or not.</summary>
    public bool HasModels => Directory.Exists(Models) && Directory.EnumerateFiles(Models, "manifest.json", SearchOption.AllDirectories).Any();

    /// <summary>Why a start is of no use, or null.</summary>
    public string? Problem
    {
        get
        {
            var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
            (int Port, string Option)[] wanted =
                [(HttpPort, "HttpPort"), (GrpcPort, "GrpcPort"), (DashboardPort, "DashboardPort"), (DashboardPort + 1, "DashboardPort")];
            var busy = wanted.Where(w => taken.Contains(w.Port)).ToList();
            return busy.Count == 0
                ? null
                : string.Join(Environment.NewLine, busy.Select(b =>
                    $"Port {b.Port} is in use on this machine: stop the program that has it, or choose another port: "
                    + $"dotnet run --project deploy/IpGan.AppHost -- --{b.Option} {b.Port + 1000}"));
        }
    }

    /// <summary>Told when the gateway is ready.</summary>
    public string WhatToTry(ProjectResource gateway)
    {
        var rest = gateway.GetEndpoint("Http").Url;
        var grpc = new Uri(gateway.GetEndpoint("Grpc").Url).Authority;
        return $$$"""

            IP-GAN is ready.
              REST       curl {{{rest}}}/v1/models
                         curl {{{rest}}}/v1/pose:fromAngles -H 'Content-Type: application/json' -d '{"yaw":30}'
              Turn       echo '{"source":{"image":{"content":"'$(base64 < FACE.jpg | tr -d '\n')'","cropped":true}},"targets":[{"angles":{"yaw":-45}}]}' \
              a face     | curl {{{rest}}}/v1/rotate -H 'Content-Type: application/json' -d @-
              gRPC       {{{grpc}}} (HTTP/2 without TLS)
              Dashboard  {{{Dashboard}}}
              Packages   {{{Models}}}
            Ctrl+C stops all of it.

            """;
    }
}
