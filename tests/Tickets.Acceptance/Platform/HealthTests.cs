namespace Tickets.Acceptance.Platform;

public class HealthTests(RunningApp app)
{
    [Theory]
    [InlineData("/ping")]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/version")]
    public async Task The_open_routes_answer_without_a_key(string path)
    {
        (await app.Admin.As(null).GetAsync(path)).Ok();

        Assert.Equal(200, (await app.Admin.As(null).SendAsync("HEAD", path, default(string))).Status);
    }

    [Fact]
    public async Task Ready_names_every_dependency()
    {
        var ready = (await app.Admin.GetAsync("/health/ready")).Ok();

        Assert.Equal("ok", ready.Text("status"));
        var dependencies = ready.GetProperty("dependencies");
        Assert.Equal(["hot-0", "hot-1", "settings", "settings_cache", "storage"], dependencies.EnumerateObject().Select(dependency => dependency.Name).Order(StringComparer.Ordinal));
        Assert.All(dependencies.EnumerateObject(), dependency => Assert.Equal("ok", dependency.Value.Text("status")));
    }

    [Fact]
    public async Task The_version_is_told()
    {
        Assert.Matches(@"^\d+\.\d+\.\d+", (await app.Admin.GetAsync("/version")).Ok().Text("version"));
    }

    [Fact]
    public async Task The_callers_trace_id_comes_back_and_another_caller_gets_one()
    {
        const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

        Assert.Equal(TraceId, (await app.Admin.GetAsync("/ping", ("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01"))).Headers["x-trace-id"]);
        var refused = await app.Admin.GetAsync("/tickets/x", ("traceparent", $"00-{TraceId}-00f067aa0ba902b7-01"));
        Assert.Equal(TraceId, refused.Problem(400, "invalid_ticket_id").Text("trace_id"));
        var own = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => app.Admin.GetAsync("/ping", ("traceparent", "nonsense"))));
        Assert.Equal(5, own.Select(answer => answer.Headers["x-trace-id"]).Distinct().Count());
    }
}
