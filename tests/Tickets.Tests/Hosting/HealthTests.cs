using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Tickets.Contracts;
using Tickets.Functions.Health;

namespace Tickets.Tests.Hosting;

public class HealthTests
{
    [Fact]
    public async Task Ready_names_every_dependency_and_is_a_503_when_one_fails()
    {
        await using var app = await Start(
            new HealthCheck("settings", _ => Task.FromResult<string?>(null)),
            new HealthCheck("hot-0", _ => Task.FromResult<string?>("read only")),
            new HealthCheck("storage", _ => throw new IOException("host=secret")));
        using var response = await app.Client.GetAsync("/api/v1/health/ready");
        var body = await response.Content.ReadAsStringAsync();
        var answer = JsonNode.Parse(body)!;

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("failing", (string?)answer["status"]);
        Assert.Equal("ok", (string?)answer["dependencies"]!["settings"]!["status"]);
        Assert.Equal("read only", (string?)answer["dependencies"]!["hot-0"]!["reason"]);
        Assert.Equal("IOException", (string?)answer["dependencies"]!["storage"]!["reason"]);
        Assert.DoesNotContain("secret", body);
    }

    [Fact]
    public async Task Ready_is_a_200_when_all_is_well()
    {
        await using var app = await Start(new HealthCheck("settings", _ => Task.FromResult<string?>(null)));
        using var response = await app.Client.GetAsync("/api/v1/health/ready");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Checks_run_at_the_same_time_and_none_longer_than_two_seconds()
    {
        static async Task<string?> Hang(CancellationToken _)
        {
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return null;
        }

        await using var app = await Start(new HealthCheck("a", Hang), new HealthCheck("b", Hang), new HealthCheck("c", Hang));
        var watch = Stopwatch.StartNew();
        using var response = await app.Client.GetAsync("/api/v1/health/ready");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.InRange(watch.Elapsed.TotalSeconds, 1.9, 20);
    }

    [Fact]
    public async Task Ping_says_when_the_settings_are_stale()
    {
        string? fault = null;
        await using var app = await TestApp.Start(HealthFunctions.Declare, services: s => s.AddSingleton<SettingsFault>(() => fault));
        await Eventually.True(() => app.Log.Lines.Any(l => l.Id == 101), "ready");
        using var fresh = await app.Client.GetAsync("/api/v1/ping");
        fault = "settings are 101 s old";
        using var stale = await app.Client.GetAsync("/api/v1/ping");

        Assert.Equal(HttpStatusCode.OK, fresh.StatusCode);
        var problem = await stale.IsProblem(HttpStatusCode.InternalServerError, ProblemCodes.StaleSettings);
        Assert.Equal("settings are 101 s old", problem.Detail);
    }

    [Fact]
    public async Task Health_needs_no_key()
    {
        await using var app = await Start();
        app.Client.DefaultRequestHeaders.Clear();
        foreach (var path in new[] { "ping", "health/live", "health/ready", "version" })
        {
            using var response = await app.Client.GetAsync($"/api/v1/{path}");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    private static async Task<TestApp> Start(params HealthCheck[] checks)
    {
        var app = await TestApp.Start(HealthFunctions.Declare, services: services =>
        {
            services.AddSingleton<DependencyChecks>();
            foreach (var check in checks)
                services.AddSingleton(check);
        });
        await Eventually.True(() => app.Log.Lines.Any(l => l.Id == 101), "ready");
        return app;
    }
}
