using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Tickets.Tests.Client;
using static Tickets.Tests.Client.ScriptedServer;

namespace Tickets.Tests.Cli;

public class DoctorTests
{
    private const string Hub = """{"hub":"hot-0","unended":3,"due":0,"oldest_due_seconds":0,"suspended":0,"parked":0,"failed_last_day":0}""";

    /// <summary>An environment in which all is well.</summary>
    private static readonly Dictionary<string, string> Well = new(StringComparer.Ordinal)
    {
        ["/version"] = """{"version":"0.1.0+abc","runtime":".NET 10"}""",
        ["/ping"] = """{"status":"ok"}""",
        ["/health/ready"] = """{"status":"ok","dependencies":{"hot-0":{"status":"ok","duration_ms":1.2}}}""",
        ["/queues"] = """{"queues":[{"queue":"a/b","workflow_id":"w","hot_retention":"P7D","shards":["hot-0"],"revision":2}]}""",
        ["/workflows"] = """{"workflows":[{"workflow_id":"w","initial":"open","statuses":{"open":{"to":["done"]},"done":{"terminal":true}},"revision":1}]}""",
        ["/caller"] = """{"caller":"k1","role":"operator","queue_prefixes":[""]}""",
        ["/orchestrations/health"] = $$"""{"hubs":[{{Hub}}],"workers":[{"hub":"hot-0","worker":"w1","status":"ok","started_at":"2026-01-01T00:00:00Z","seen_at":"2026-01-01T00:00:00Z","stays":1,"activities":0,"failures":0,"held":0}]}""",
        ["/webhooks"] = """{"webhooks":[]}""",
        ["/operations"] = """{"operations":[]}""",
        ["/metrics"] = "# TYPE tickets_relay_lag gauge\ntickets_relay_lag{shard=\"hot-0\"} 3\n",
    };

    [Fact]
    public async Task An_environment_in_order_is_told_so_check_by_check()
    {
        var (run, checks) = await LookAsync(Well);
        Assert.Equal(0, run.Code);
        Assert.All(checks, check => Assert.Equal("ok", (string)check["verdict"]!));
        Assert.Subset(checks.Select(check => (string)check["check"]!).ToHashSet(), new HashSet<string> { "reach", "version", "settings copy", "dependency hot-0", "key", "workflows", "queues", "orchestrations hot-0", "webhooks", "operations", "metrics" });
    }

    [Theory]
    [InlineData("/health/ready", """{"status":"failing","dependencies":{"storage":{"status":"failing","reason":"no answer within 2 s","duration_ms":2000}}}""", "dependency storage", "no answer within 2 s")]
    [InlineData("/orchestrations/health", """{"hubs":[{"hub":"hot-0","unended":3,"due":0,"oldest_due_seconds":0,"suspended":0,"parked":2,"failed_last_day":0}],"workers":[]}""", "orchestrations hot-0", "2 parked")]
    [InlineData("/orchestrations/health", """{"hubs":[{"hub":"hot-0","unended":3,"due":9,"oldest_due_seconds":301,"suspended":0,"parked":0,"failed_last_day":0}],"workers":[]}""", "orchestrations hot-0", "9 due, the oldest for 301 s")]
    [InlineData("/metrics", "tickets_relay_blocked{shard=\"hot-0\"} 1\n", "tickets_relay_blocked", "a relay stands still at an op that Service Bus refuses (1)")]
    [InlineData("/metrics", "tickets_cold_damaged_parts_total 2\n", "tickets_cold_damaged_parts_total", "parts of the cold tier are damaged or missing (2)")]
    public async Task What_is_wrong_is_a_fault_with_what_to_do(string route, string answer, string check, string finding)
    {
        var (run, checks) = await LookAsync(new(Well, StringComparer.Ordinal) { [route] = answer });
        Assert.Equal(10, run.Code);
        var fault = Assert.Single(checks, found => (string)found["verdict"]! == "fault");
        Assert.Equal((check, finding), ((string)fault["check"]!, (string)fault["finding"]!));
        Assert.NotEmpty((string)fault["advice"]!);
    }

    [Fact]
    public async Task Without_a_good_key_the_rest_is_left_alone()
    {
        var (run, checks) = await LookAsync(Well, denied: "/queues");
        Assert.Equal(10, run.Code);
        Assert.Equal("key", (string)checks[^1]["check"]!);
        Assert.Contains("--key", (string)checks[^1]["advice"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_a_fault_and_no_exception()
    {
        var run = await CliRun.Async(["doctor", "--host", $"127.0.0.1:{FreePort()}"]);
        Assert.Equal(10, run.Code);
        Assert.Contains("Is the address right", run.Output, StringComparison.Ordinal);
    }

    private static async Task<(CliRun Run, List<JsonNode> Checks)> LookAsync(Dictionary<string, string> answers, string? denied = null)
    {
        await using var server = await StartAsync((seen, context) => AnswerAsync(seen, context, answers, denied));
        var run = await CliRun.Async(["doctor", "--key", "tk_x", "--host", server.Address.AbsoluteUri]);
        return (run, [.. JsonNode.Parse(run.Output)!["checks"]!.AsArray().Select(check => check!)]);
    }

    private static Task AnswerAsync(Seen seen, HttpContext context, Dictionary<string, string> answers, string? denied)
    {
        var route = seen.Target["/api/v1".Length..].Split('?')[0];
        return route == denied ? Problem(401, "unauthorized")(context) : Json(answers[route])(context);
    }
}
