namespace IpGan.Deploy.Tests;

/// <summary>A container file, as far as the tests look at it: its instructions, each with the stage that it stands in.</summary>
internal sealed record ContainerFile(string Path, IReadOnlyList<ContainerFile.Instruction> Instructions)
{
    public const string FinalStage = "final";

    internal sealed record Instruction(string Stage, string Keyword, string Arguments);

    public static IEnumerable<string> Paths =>
        Directory.EnumerateFiles(Tree.Full("deploy/containers"), "*.Dockerfile").Select(f => "deploy/containers/" + System.IO.Path.GetFileName(f)).Order();

    /// <summary>The project whose program the container runs.</summary>
    public string Project => System.IO.Path.GetFileNameWithoutExtension(Single("ENTRYPOINT").Split('"')[3]);

    /// <summary>Names of the stages that others can be built on.</summary>
    public IEnumerable<string> Stages => Instructions.Select(i => i.Stage).Distinct();

    /// <summary>What is copied from the tree (not from another stage), each with the place of its instruction.</summary>
    public IEnumerable<(int At, string Source, string Target)> Copies =>
        from item in Instructions.Index()
        where item.Item.Keyword == "COPY" && !item.Item.Arguments.StartsWith("--from=", StringComparison.Ordinal)
        let words = item.Item.Arguments.Split(' ')
        from source in words[..^1]
        select (item.Index, source.TrimEnd('/'), words[^1]);

    public static ContainerFile Read(string path)
    {
        var stage = "";
        var instructions = new List<Instruction>();
        var text = Tree.Text(path).ReplaceLineEndings("\n").Replace("\\\n", " ", StringComparison.Ordinal);
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
        Instructions.Index().First(i => i.Item.Keyword == "RUN" && i.Item.Arguments.StartsWith(command, StringComparison.Ordinal)).Index;
}
