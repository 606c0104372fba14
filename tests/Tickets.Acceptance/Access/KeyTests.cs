using Npgsql;

namespace Tickets.Acceptance.Access;

public class KeyTests(RunningApp app)
{
    private static readonly TimeSpan Seconds = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_key_is_shown_once_works_at_once_and_is_listed_by_its_prefix()
    {
        var made = (await MakeAsync("""{"role": "robot", "queue_prefixes": ["keys/a", "keys/b"], "description": "The first"}""")).Ok();
        var (id, text) = (made.Text("key_id")!, made.Text("key")!);

        Assert.StartsWith(made.Text("prefix")!, text, StringComparison.Ordinal);
        var me = (await app.Admin.As(text).GetAsync("/caller")).Ok();
        Assert.Equal((id, "robot"), (me.Text("caller"), me.Text("role")));
        var listed = (await app.Admin.GetAsync($"/keys?prefix={made.Text("prefix")}")).Ok().GetProperty("keys").EnumerateArray().Single();
        Assert.Equal((id, "active", "The first", null), (listed.Text("key_id"), listed.Text("status"), listed.Text("description"), listed.Text("key")));
        Assert.Null((await app.Admin.GetAsync($"/keys/{id}")).Ok().Text("key"));
        Assert.Equal("no-store", (await MakeAsync("""{"role": "reader", "queue_prefixes": ["keys/a"]}""")).Headers["Cache-Control"]);
        Assert.DoesNotContain(text.Split('_', 3)[2], await DumpAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_retry_of_making_or_rotating_a_key_gets_the_same_key_and_makes_no_second_one()
    {
        var retry = ("Idempotency-Key", Guid.NewGuid().ToString());
        const string Body = """{"role": "robot", "queue_prefixes": ["keys/retried"], "description": "Only one"}""";
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => MakeAsync(Body, retry)));

        var id = Assert.Single(answers.Select(answer => answer.Ok().Text("key_id")).Distinct());
        var text = Assert.Single(answers.Select(answer => answer.Ok().Text("key")).Distinct())!;
        var made = Assert.Single(answers.Select(answer => answer.Ok().Text("created_at")).Distinct())!;
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", made);
        Assert.Equal(made, (await app.Admin.GetAsync($"/keys/{id}")).Ok().Text("created_at"));
        (await app.Admin.As(text).GetAsync("/caller")).Ok();
        (await MakeAsync(Body.Replace("Only one", "Another", StringComparison.Ordinal), retry)).Problem(422, "idempotency_key_reused");

        var rotated = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => app.Admin.PostAsync($"/keys/{id}/rotate", null, retry)));
        rotated[0].Problem(422, "idempotency_key_reused");
        var anew = ("Idempotency-Key", Guid.NewGuid().ToString());
        rotated = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => app.Admin.PostAsync($"/keys/{id}/rotate", null, anew)));
        Assert.Single(rotated.Select(answer => answer.Ok().Text("key")).Distinct());
        Assert.DoesNotContain(text.Split('_', 3)[2], await DumpAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rotated_key_works_beside_the_new_one_for_the_overlap_and_not_after_it()
    {
        var old = (await MakeAsync("""{"role": "robot", "queue_prefixes": ["keys/rotated"], "requests_per_minute": 1000}""")).Ok();
        var id = old.Text("key_id")!;

        var rotated = (await app.Admin.PostAsync($"/keys/{id}/rotate", """{"overlap": "PT3S"}""")).Ok();

        Assert.Equal(("robot", 1000), (rotated.Text("role"), rotated.Number("requests_per_minute")));
        (await app.Admin.As(rotated.Text("key")).GetAsync("/caller")).Ok();
        (await app.Admin.PostAsync($"/keys/{id}/rotate", "{}")).Problem(409, "key_not_active");
        await Eventually.IsAsync(async () => (await app.Admin.As(old.Text("key")).GetAsync("/caller")).Status == 401, Seconds);
        (await app.Admin.As(rotated.Text("key")).GetAsync("/caller")).Ok();
        var stands = (await app.Admin.GetAsync($"/keys/{id}")).Ok();
        Assert.Equal(("expired", rotated.Text("key_id")), (stands.Text("status"), stands.Text("replaced_by")));
        (await app.Admin.PostAsync($"/keys/{id}/rotate", """{"overlap": "P31D"}""")).Problem(400, "invalid_field", "/overlap");
    }

    [Fact]
    public async Task A_key_with_an_overlap_is_good_until_its_end()
    {
        var old = (await MakeAsync("""{"role": "reader", "queue_prefixes": ["keys/overlap"]}""")).Ok();
        (await app.Admin.PostAsync($"/keys/{old.Text("key_id")}/rotate", null)).Ok();

        (await app.Admin.As(old.Text("key")).GetAsync("/caller")).Ok();
    }

    [Fact]
    public async Task A_revoked_key_stops_in_every_process_within_seconds_and_revoking_twice_is_harmless()
    {
        var made = (await MakeAsync("""{"role": "robot", "queue_prefixes": ["keys/revoked"]}""")).Ok();
        var second = (await app.SecondAsync()).As(made.Text("key"));
        await Eventually.IsAsync(async () => (await second.GetAsync("/caller")).Status == 200, Seconds);

        Assert.Equal("revoked", (await app.Admin.SendAsync("DELETE", $"/keys/{made.Text("key_id")}", default(string))).Ok().Text("status"));

        (await app.Admin.As(made.Text("key")).GetAsync("/caller")).Problem(401, "unauthorized");
        await Eventually.IsAsync(async () => (await second.GetAsync("/caller")).Status == 401, Seconds);
        (await app.Admin.SendAsync("DELETE", $"/keys/{made.Text("key_id")}", default(string))).Ok();
        (await app.Admin.SendAsync("DELETE", "/keys/000000000000", default(string))).Problem(404, "key_not_found");
    }

    [Fact]
    public async Task A_key_ends_at_its_time()
    {
        var end = DateTimeOffset.UtcNow.AddSeconds(3);
        var made = (await MakeAsync($$"""{"role": "reader", "queue_prefixes": [""], "expires_at": "{{end:yyyy-MM-dd'T'HH:mm:ss.fff}}Z"}""")).Ok();

        await Eventually.IsAsync(async () => (await app.Admin.As(made.Text("key")).GetAsync("/caller")).Status == 401, Seconds);
        Assert.True(DateTimeOffset.UtcNow >= end);
        Assert.Equal("expired", (await app.Admin.GetAsync($"/keys/{made.Text("key_id")}")).Ok().Text("status"));
    }

    [Theory]
    [InlineData("""{"queue_prefixes": ["a"]}""", "/role")]
    [InlineData("""{"role": "king", "queue_prefixes": ["a"]}""", "/role")]
    [InlineData("""{"role": "1", "queue_prefixes": ["a"]}""", "/role")]
    [InlineData("""{"role": "robot"}""", "/queue_prefixes")]
    [InlineData("""{"role": "robot", "queue_prefixes": []}""", "/queue_prefixes")]
    [InlineData("""{"role": "robot", "queue_prefixes": null}""", "/queue_prefixes")]
    [InlineData("""{"role": "robot", "queue_prefixes": ["a/"]}""", "/queue_prefixes/0")]
    [InlineData("""{"role": "robot", "queue_prefixes": ["a"], "expires_at": "2020-01-01T00:00:00Z"}""", "/expires_at")]
    [InlineData("""{"role": "robot", "queue_prefixes": ["a"], "requests_per_minute": 0}""", "/requests_per_minute")]
    public async Task A_key_that_cannot_be_is_refused_by_the_member(string body, string pointer) => (await MakeAsync(body)).Problem(400, "invalid_field", pointer);

    [Fact]
    public async Task An_administrator_of_some_queues_makes_sees_and_ends_no_keys_beyond_them()
    {
        var team = await app.AsAsync(Role.Admin, "keys/team");
        var foreign = (await MakeAsync("""{"role": "reader", "queue_prefixes": ["keys/team/x", "keys/other"]}""")).Ok().Text("key_id");
        var own = (await team.PostAsync("/keys", """{"role": "admin", "queue_prefixes": ["keys/team/x"]}""")).Ok().Text("key_id");

        (await team.PostAsync("/keys", """{"role": "reader", "queue_prefixes": [""]}""")).Problem(403, "forbidden");
        (await team.PostAsync("/keys", """{"role": "reader", "queue_prefixes": ["keys/team", "keys/other"]}""")).Problem(403, "forbidden");
        (await team.GetAsync($"/keys/{foreign}")).Problem(404, "key_not_found");
        (await team.PostAsync($"/keys/{foreign}/rotate", null)).Problem(404, "key_not_found");
        (await team.SendAsync("DELETE", $"/keys/{foreign}", default(string))).Problem(404, "key_not_found");
        var listed = (await team.GetAsync("/keys")).Ok().GetProperty("keys").EnumerateArray().Select(key => key.Text("key_id")).ToList();
        Assert.Contains(own, listed);
        Assert.DoesNotContain(foreign, listed);
        (await team.SendAsync("DELETE", $"/keys/{own}", default(string))).Ok();
    }

    [Fact]
    public async Task Keys_are_listed_page_by_page()
    {
        for (var i = 0; i < 3; i++)
            (await MakeAsync("""{"role": "reader", "queue_prefixes": ["keys/pages"]}""")).Ok();
        var admin = await app.AsAsync(Role.Admin, "keys/pages");
        var (seen, cursor) = (new List<string>(), (string?)null);
        do
        {
            var page = (await admin.GetAsync($"/keys?limit=1{(cursor is null ? "" : $"&cursor={cursor}")}")).Ok();
            seen.Add(page.GetProperty("keys").EnumerateArray().Single().Text("key_id")!);
            cursor = page.Text("next_cursor");
        }
        while (cursor is not null);

        Assert.Equal(4, seen.Distinct().Count());
    }

    [Fact]
    public async Task The_requests_of_a_limited_key_are_counted_down_and_refused_when_the_limit_is_reached()
    {
        var made = (await MakeAsync("""{"role": "reader", "queue_prefixes": ["keys/limited"], "requests_per_day": 3}""")).Ok();
        var caller = app.Admin.As(made.Text("key"));
        Answer answer;
        var remaining = new List<string>();
        while ((answer = await caller.GetAsync("/caller")).Status == 200)
        {
            Assert.Equal(("3", "3;w=86400"), (answer.Headers["RateLimit-Limit"], answer.Headers["RateLimit-Policy"]));
            Assert.InRange(int.Parse(answer.Headers["RateLimit-Reset"]), 1, 86400);
            remaining.Add(answer.Headers["RateLimit-Remaining"]);
        }

        answer.Problem(429, "too_many_requests");
        Assert.Equal(["2", "1", "0"], remaining.TakeLast(3));
        Assert.Equal(answer.Headers["RateLimit-Reset"], answer.Headers["Retry-After"]);
        // The other process learns what was used here, with the first request that it counts itself.
        var second = (await app.SecondAsync()).As(made.Text("key"));
        await Eventually.IsAsync(async () => (await second.GetAsync("/caller")).Status == 429, Seconds);
        Assert.False((await app.Admin.GetAsync("/caller")).Headers.ContainsKey("RateLimit-Limit"));
    }

    private Task<Answer> MakeAsync(string body, params (string, string)[] headers) => app.Admin.PostAsync("/keys", body, headers);

    /// <summary>All that the settings database keeps of keys, as text.</summary>
    private async Task<string> DumpAsync()
    {
        await using var database = NpgsqlDataSource.Create(app.Stack.SettingsDatabase);
        await using var command = database.CreateCommand(
            "select coalesce(string_agg(row, ' '), '') from (select k::text as row from api_keys k union all select r::text || encode(r.sealed, 'escape') from api_key_retries r union all select a::text from settings_audit a) t");
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
