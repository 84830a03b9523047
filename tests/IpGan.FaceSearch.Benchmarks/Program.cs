// dotnet run -c Release --project tests/IpGan.FaceSearch.Benchmarks
//
// What a search costs that looks at every face.

using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using IpGan.FaceSearch.Benchmarks;

var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance)).WithOptions(ConfigOptions.DisableLogFile);
BenchmarkSwitcher.FromTypes([typeof(ExactSearch)]).Run(args.Length > 0 ? args : ["--filter", "*"], config);
