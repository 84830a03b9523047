using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace IpGan.Deploy.Tests;

/// <summary>docker-compose.yml against the Compose specification's own schema.</summary>
public sealed class ComposeSchemaTests(ComposeSchemaTests.Specification specification) : IClassFixture<ComposeSchemaTests.Specification>
{
    [Fact]
    public async Task The_file_is_what_the_specification_allows() => Assert.Equal([], await ProblemsAsync(Tree.Text(ComposeFile.FileName)));

    [Theory]
    [InlineData("stop_grace_period: 40s", "stop_grace_periods: 40s")]
    [InlineData("condition: service_started", "condition: service_begun")]
    [InlineData("build: { context: ., dockerfile: deploy/containers/gateway.Dockerfile }", "build: { context: ., dockrefile: deploy/containers/gateway.Dockerfile }")]
    [InlineData("profiles: [gpu]", "profiles: { gpu: true }")]
    public async Task What_the_specification_does_not_allow_is_found(string correct, string wrong)
    {
        var text = Tree.Text(ComposeFile.FileName);
        Assert.Contains(correct, text, StringComparison.Ordinal);
        Assert.NotEmpty(await ProblemsAsync(text.Replace(correct, wrong, StringComparison.Ordinal)));
    }

    private async Task<IEnumerable<string>> ProblemsAsync(string yaml)
    {
        var schema = await specification.SchemaAsync();
        using var file = JsonDocument.Parse(ComposeFile.ToJson(yaml));
        var result = schema.Evaluate(file.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        return result.IsValid ? [] : result.Details!.Where(d => d.Errors is not null).SelectMany(d => d.Errors!.Select(e => $"{d.InstanceLocation}: {e.Value}"));
    }

    /// <summary>The schema, which comes with an npm package.</summary>
    public sealed class Specification
    {
        private JsonSchema? _schema;

        /// <summary>Fetched when the first test asks for it: a fixture that cannot start fails its tests, a test may be skipped.</summary>
        public async Task<JsonSchema> SchemaAsync() => _schema ??= await FetchAsync();

        private static async Task<JsonSchema> FetchAsync()
        {
            using var packages = await NodePackages.InstallAsync("ComposeSchema", TestContext.Current.CancellationToken);
            var schema = JsonNode.Parse(await File.ReadAllTextAsync(
                Path.Combine(packages.Path, "node_modules/dclint/schemas/compose.schema.json"), TestContext.Current.CancellationToken))!;
            // As the draft names itself; the file has it with https.
            schema["$schema"] = "http://json-schema.org/draft-07/schema#";
            return JsonSchema.FromText(schema.ToJsonString());
        }
    }
}
