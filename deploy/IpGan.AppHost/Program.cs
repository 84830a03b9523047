// Runs gateway, services and the Aspire dashboard as processes of this machine, with the packages in models/.
// Options, after "--": --HttpPort 8080, --GrpcPort 8081, --DashboardPort 18888 (and the one after it), --Models FOLDER (from the repository's root).
using IpGan.AppHost;
using Projects;

var builder = DistributedApplication.CreateBuilder(args);
var settings = LocalSettings.Read(builder);
if (settings.Problem is { } problem)
{
    Console.Error.WriteLine(problem);
    return 1;
}

var identity = AddService<IpGan_IdentityEncoder>("identity-encoder");
var pose = AddService<IpGan_PoseEncoder>("pose-encoder");
var generator = AddService<IpGan_Generator>("generator");
Place(builder.AddProject<IpGan_Gateway>("gateway"), settings.HttpPort, settings.GrpcPort)
    .WithEnvironment("Gateway__IdentityEncoders__0", identity.GetEndpoint("Grpc"))
    .WithEnvironment("Gateway__PoseEncoders__0", pose.GetEndpoint("Grpc"))
    .WithEnvironment("Gateway__Generators__0", generator.GetEndpoint("Grpc"))
    .WithHttpHealthCheck("/readyz", endpointName: "Http")
    .OnResourceReady((gateway, _, _) =>
    {
        Console.WriteLine(settings.WhatToTry(gateway));
        return Task.CompletedTask;
    });

if (!settings.HasModels)
{
    Console.WriteLine($"There are no model packages in {settings.Models} yet. Everything starts, and is ready as soon as some are published there.");
}
builder.Build().Run();
return 0;

IResourceBuilder<ProjectResource> AddService<T>(string name)
    where T : IProjectMetadata, new() =>
    Place(builder.AddProject<T>(name), null, null)
        .WithEnvironment("Models__Repository", settings.Models)
        .WithHttpHealthCheck("/readyz", endpointName: "Http");

// appsettings.json says which ports a process takes on a machine of its own, open to others; here four share one, and only it may call them.
static IResourceBuilder<ProjectResource> Place(IResourceBuilder<ProjectResource> project, int? httpPort, int? grpcPort)
{
    foreach (var (name, port) in new[] { ("Http", httpPort), ("Grpc", grpcPort) })
    {
        project.WithEndpoint(name, endpoint => (endpoint.Port, endpoint.TargetHost) = (port, "localhost"));
        var own = project.GetEndpoint(name).Property(EndpointProperty.TargetPort);
        project.WithEnvironment($"Kestrel__Endpoints__{name}__Url", ReferenceExpression.Create($"http://localhost:{own}"));
    }
    return project;
}
