using System.Reflection;
using System.Runtime.Loader;

namespace IpGan.Trainer.Tests;

/// <summary>The program `trainer` as it was built, in this process: for what it refuses, which takes less than a start of its own.</summary>
internal static class TrainerHere
{
    private static readonly Lazy<MethodInfo> Main = new(Load);

    /// <summary>What came of it.</summary>
    public readonly record struct Result(int ExitCode, IReadOnlyList<string> Output, IReadOnlyList<string> Errors);

    /// <summary>Runs to the end.</summary>
    public static Result Run(string workingFolder, params string[] arguments)
    {
        // Console and folder are the process's.
        lock (Main)
        {
            var (standardOutput, standardError, folder) = (Console.Out, Console.Error, Environment.CurrentDirectory);
            using StringWriter output = new(), errors = new();
            try
            {
                Console.SetOut(output);
                Console.SetError(errors);
                Environment.CurrentDirectory = workingFolder;
                var exitCode = (int)Main.Value.Invoke(null, [arguments])!;
                return new Result(exitCode, Lines(output), Lines(errors));
            }
            finally
            {
                Console.SetOut(standardOutput);
                Console.SetError(standardError);
                Environment.CurrentDirectory = folder;
            }
        }
    }

    private static string[] Lines(StringWriter text) => text.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    private static MethodInfo Load() => new Context(Path.ChangeExtension(TrainerProcess.Program, ".dll")).Program.EntryPoint!;

    /// <summary>Has the trainer's own libraries, not those beside this test.</summary>
    private sealed class Context(string file) : AssemblyLoadContext("trainer")
    {
        private readonly AssemblyDependencyResolver _resolver = new(file);

        public Assembly Program => LoadFromAssemblyPath(file);

        protected override Assembly? Load(AssemblyName name) => _resolver.ResolveAssemblyToPath(name) is { } path ? LoadFromAssemblyPath(path) : null;

        protected override nint LoadUnmanagedDll(string name) => _resolver.ResolveUnmanagedDllToPath(name) is { } path ? LoadUnmanagedDllFromPath(path) : 0;
    }
}
