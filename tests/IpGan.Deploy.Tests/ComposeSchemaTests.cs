using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace IpGan.Deploy.Tests;

/// <summary>docker-compose.yml against the Compose specification's own schema.</summary>
public sealed class ComposeSchemaTests(ComposeSchemaTests.Specification specification) : IClassFixture<ComposeSchemaTests.Specification>
{
    [Fact]
    public void The_file_is_what_the_specification_allows() => Assert.Equal([], Problems(Tree.Text(ComposeFile.FileName)));

    [Theory]
    [InlineData("stop_grace_period: 40s", "stop_grace_periods: 40s")]
    [InlineData("condition: service_started", "condition: service_begun")]
    [InlineData("build: { context: ., dockerfile: deploy/containers/gateway.Dockerfile }", "build: { context: ., dockrefile: deploy/containers/gateway.Dockerfile }")]
    [InlineData("profiles: [gpu]", "profiles: { gpu: true }")]
    public void What_the_specification_does_not_allow_is_found(string correct, string wrong)
    {
        var text = Tree.Text(ComposeFile.FileName);
        Assert.Contains(correct, text, StringComparison.Ordinal);
        Assert.NotEmpty(Problems(text.Replace(correct, wrong, StringComparison.Ordinal)));
    }

    private IEnumerable<string> Problems(string yaml)
    {
        using var file = JsonDocument.Parse(ComposeFile.ToJson(yaml));
        var result = specification.Schema.Evaluate(file.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        return result.IsValid ? [] : result.Details!.Where(d => d.Errors is not null).SelectMany(d => d.Errors!.Select(e => $"{d.InstanceLocation}: {e.Value}"));
    }

    /// <summary>The schema, which comes with an npm package.</summary>
    public sealed class Specification : IAsyncLifetime
    {
        private JsonSchema? _schema;

        public JsonSchema Schema => _schema!;

        public async ValueTask InitializeAsync()
        {
            using var packages = await NodePackages.InstallAsync("ComposeSchema", TestContext.Current.CancellationToken);
            var schema = JsonNode.Parse(await File.ReadAllTextAsync(
                Path.Combine(packages.Path, "node_modules/dclint/schemas/compose.schema.json"), TestContext.Current.CancellationToken))!;
            // As the draft names itself; the file has it with https.
            schema["$schema"] = "http://json-schema.org/draft-07/schema#";
            _schema = JsonSchema.FromText(schema.ToJsonString());
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
