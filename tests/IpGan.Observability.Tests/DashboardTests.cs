using YamlDotNet.RepresentationModel;

namespace IpGan.Observability.Tests;

/// <summary>The dashboard and the alerts by themselves.</summary>
public sealed class DashboardTests
{
    [Fact]
    public void Panels_have_ids_of_their_own_a_query_and_a_data_source_that_is_provisioned()
    {
        var sources = ((YamlSequenceNode)ShippedQueries.Yaml("grafana/datasources.yml")["datasources"]).Select(s => $"{s["uid"]}").ToList();
        Assert.Equal(ShippedQueries.Panels.Count, ShippedQueries.Panels.Select(p => p.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.All(ShippedQueries.Panels, panel =>
        {
            Assert.NotEmpty(ShippedQueries.Of(panel));
            Assert.Contains(panel.GetProperty("datasource").GetProperty("uid").GetString(), sources);
        });
    }

    [Fact]
    public void Panels_do_not_lie_over_each_other()
    {
        var cells = new HashSet<(int X, int Y)>();
        foreach (var place in ShippedQueries.Dashboard.GetProperty("panels").EnumerateArray().Select(p => p.GetProperty("gridPos")))
        {
            int At(string name) => place.GetProperty(name).GetInt32();
            Assert.InRange(At("x") + At("w"), 1, 24);
            for (var x = At("x"); x < At("x") + At("w"); x++)
            {
                for (var y = At("y"); y < At("y") + At("h"); y++)
                {
                    Assert.True(cells.Add((x, y)), $"Two panels at {x}, {y}.");
                }
            }
        }
    }

    [Fact]
    public void Queries_name_only_jobs_that_prometheus_has()
    {
        var jobs = ((YamlSequenceNode)ShippedQueries.Yaml("prometheus.yml")["scrape_configs"]).Select(j => $"{j["job_name"]}").ToList();
        var named = ShippedQueries.All.SelectMany(q => q.ValuesOf("job")).Distinct().ToList();
        Assert.Contains("gateway", named);
        Assert.All(named, job => Assert.Contains(job, jobs));
    }

    [Fact]
    public void A_query_is_taken_apart_as_it_is_meant()
    {
        var query = new Query("", """max by (role) (a_total{job="x", le!="1"}) / on (job) sum(rate(b[5m] offset 6h)) > 1.5e3 or vector(0)""");
        Assert.Equal([("a_total", "job role"), ("b", "role job")], query.Metrics.Select(m => (m.Metric, string.Join(' ', m.Labels))));
        Assert.Equal(["x"], query.ValuesOf("job"));
    }
}
