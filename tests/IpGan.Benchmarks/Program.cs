using System.CommandLine;
using IpGan.Benchmarks;
using IpGan.Benchmarks.Soak;
using IpGan.Testing;

// As it runs elsewhere.
HostProcess.CompilesForGood = true;
var root = new RootCommand("Measures the running system against the bare work and a peer, and torments it. Run it from the repository's root, with nothing beside it.")
{
    AugmentVerb.Create(), BenchVerb.Create(), FaultsVerb.Create(), SoakVerb.Create(), TelemetryVerb.Create(),
};
return await root.Parse(args).InvokeAsync();
