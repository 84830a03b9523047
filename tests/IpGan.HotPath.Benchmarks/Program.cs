// dotnet run -c Release --project tests/IpGan.HotPath.Benchmarks [-- --filter '*Embed*']
//
// What one request costs, step by step: milliseconds, and bytes that the garbage collector must take away again.

using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using IpGan.HotPath.Benchmarks;
using Perfolizer.Horology;

// In this process: ONNX Runtime's native libraries lie beside this program, not beside one that is generated elsewhere.
var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithIterationTime(TimeInterval.FromMilliseconds(100)).WithToolchain(InProcessEmitToolchain.Instance)).WithOptions(ConfigOptions.DisableLogFile).WithArtifactsPath(Path.GetFullPath("artifacts/benchmarks"));
BenchmarkSwitcher.FromTypes([typeof(EmbedSteps), typeof(DrawSteps)]).Run(args.Length > 0 ? args : ["--filter", "*"], config);
