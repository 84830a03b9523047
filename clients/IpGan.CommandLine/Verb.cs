using System.CommandLine;
using System.Globalization;
using Grpc.Core;
using IpGan.Client;
using Npgsql;

namespace IpGan.CommandLine;

/// <summary>How a run ended.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Failed = 1;
    public const int WrongUse = 2;
    public const int SomeFailed = 3;

    /// <summary>Of so many items, so many of which failed.</summary>
    public static int Of(int items, int failed) => failed == 0 ? Success : failed == items ? Failed : SomeFailed;
}

/// <summary>What all verbs share: the gateway, how results are told, and one place where expected failures become a message and an exit code.</summary>
internal static class Verb
{
    public static Option<bool> Json { get; } = new("--json") { Description = "JSON instead of tables." };

    private static readonly Option<string> Address = new("--address")
    {
        Description = "The gateway's gRPC address, or several with commas between them. Default: IPGAN_ADDRESS, else http://localhost:8081.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("IPGAN_ADDRESS") is { Length: > 0 } address ? address : "http://localhost:8081",
    };

    /// <summary>Loading and checking a model may take longer than an answer.</summary>
    public static readonly TimeSpan ModelDeadline = TimeSpan.FromMinutes(5);

    /// <summary>A verb that asks the gateway.</summary>
    /// <param name="name">As it is typed.</param>
    /// <param name="description">For its help.</param>
    /// <param name="symbols">Its arguments and options.</param>
    /// <param name="run">Returns the exit code.</param>
    public static Command Create(string name, string description, IEnumerable<Symbol> symbols, Func<ParseResult, IpGanClient, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }
        command.Add(Address);
        command.Add(Json);
        command.SetAction(async (parse, cancel) =>
        {
            try
            {
                using var warnings = new ToldWarnings();
                using var client = new IpGanClient(Options(parse), warnings);
                return await run(parse, client, cancel);
            }
            catch (OperationCanceledException)
            {
                return Fail("interrupted.", ExitCode.Failed);
            }
            catch (ArgumentException e)
            {
                return Fail(e.Message, ExitCode.WrongUse);
            }
            catch (IpGanException e) when (e.Status == StatusCode.Unauthenticated)
            {
                return Fail($"{e.Message} The key is taken from IPGAN_API_KEY, a token from IPGAN_TOKEN.", ExitCode.Failed);
            }
            catch (Exception e) when (e is IpGanException or SpaceMismatchException or InvalidDataException or IOException or UnauthorizedAccessException or NpgsqlException)
            {
                return Fail(e.Message, ExitCode.Failed);
            }
        });
        return command;
    }

    /// <summary>Tells a failure in one line; the exit code.</summary>
    public static int Fail(string message, int code)
    {
        Tell(message);
        return code;
    }

    /// <summary>A line for people, beside the results.</summary>
    public static void Tell(string message) => Bar.WriteLine($"ipgan: {message.ReplaceLineEndings(" ")}");

    /// <summary>A number as both people and programs read it.</summary>
    public static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    private static IpGanClientOptions Options(ParseResult parse) => new()
    {
        Addresses = [.. parse.GetValue(Address)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(a => Uri.TryCreate(a, UriKind.Absolute, out var uri) ? uri : throw new ArgumentException($"--address is '{a}'; an address is like http://localhost:8081."))],
        ApiKey = Environment.GetEnvironmentVariable("IPGAN_API_KEY") is { Length: > 0 } key ? key : null,
        Token = Environment.GetEnvironmentVariable("IPGAN_TOKEN") is { Length: > 0 } token ? _ => Task.FromResult(token) : null,
    };
}
