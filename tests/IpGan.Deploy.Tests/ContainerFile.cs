namespace IpGan.Deploy.Tests;

/// <summary>A container file, as far as the tests look at it: its instructions, each with the stage that it stands in.</summary>
internal sealed record ContainerFile(string Path, IReadOnlyList<ContainerFile.Instruction> Instructions)
{
    public const string FinalStage = "final";
    public const string ServiceArgument = "SERVICE";

    private const string Folder = "deploy/containers";

    internal sealed record Instruction(string Stage, string Keyword, string Arguments);

    /// <summary>Every image that can be built: its file, and the service's name where the file builds several.</summary>
    public static IEnumerable<(string Path, string Service)> Images =>
        from file in Directory.EnumerateFiles(Tree.Full(Folder), "*.Dockerfile").Order()
        let path = $"{Folder}/{System.IO.Path.GetFileName(file)}"
        from service in Read(path, "").Instructions.Any(i => i is { Keyword: "ARG", Arguments: ServiceArgument }) ? new[] { "Generator", "IdentityEncoder", "PoseEncoder" } : [""]
        select (path, service);

    /// <summary>The project whose program the container runs.</summary>
    public string Project => System.IO.Path.GetFileName(Instructions[IndexOfRun("dotnet publish")].Arguments.Split(' ')[2]);

    /// <summary>Names of the stages that others can be built on.</summary>
    public IEnumerable<string> Stages => Instructions.Select(i => i.Stage).Distinct();

    /// <summary>What is copied from the tree (not from another stage), each with the place of its instruction.</summary>
    public IEnumerable<(int At, string Source, string Target)> Copies =>
        from item in Instructions.Index()
        where item.Item.Keyword == "COPY" && !item.Item.Arguments.StartsWith("--from=", StringComparison.Ordinal)
        let words = item.Item.Arguments.Split(' ')
        from source in words[..^1]
        select (item.Index, source.TrimEnd('/'), words[^1]);

    public static ContainerFile Read(string path, string service)
    {
        var stage = "";
        var instructions = new List<Instruction>();
        var text = Tree.Text(path).ReplaceLineEndings("\n").Replace("\\\n", " ", StringComparison.Ordinal).Replace($"${{{ServiceArgument}}}", service, StringComparison.Ordinal);
        foreach (var line in text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && l[0] != '#'))
        {
            var (keyword, arguments) = line.Split(' ', 2) is [var k, var a] ? (k, a) : (line, "");
            if (keyword == "FROM")
            {
                stage = arguments.Split(" AS ")[1];
            }
            instructions.Add(new Instruction(stage, keyword, arguments));
        }
        return new ContainerFile(path, instructions);
    }

    /// <summary>The arguments of the one such instruction in the final stage.</summary>
    public string Single(string keyword) => Assert.Single(Instructions, i => i.Stage == FinalStage && i.Keyword == keyword).Arguments;

    /// <summary>Variables of the final stage.</summary>
    public IReadOnlyDictionary<string, string> Environment =>
        Instructions.Where(i => i.Stage == FinalStage && i.Keyword == "ENV").Select(i => i.Arguments.Split('=', 2)).ToDictionary(v => v[0], v => v[1].Trim('"'));

    /// <summary>Where the first instruction stands that runs such a command.</summary>
    public int IndexOfRun(string command) =>
        Instructions.Index().First(i => i.Item.Keyword == "RUN" && i.Item.Arguments.Contains(command, StringComparison.Ordinal)).Index;
}
