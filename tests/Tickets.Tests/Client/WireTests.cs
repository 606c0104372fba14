using System.Text.Json;
using Tickets.Client;
using Tickets.Contracts;
using static Tickets.Tests.Client.ScriptedServer;

namespace Tickets.Tests.Client;

public class WireTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_is_sent_with_its_length_and_never_in_chunks()
    {
        await using var server = await StartAsync(Json("""{"ticket_id":"17","queue":"a/b","version":{"ticket":1,"meta":{}}}"""));
        using var client = Clients.For(server);
        var large = JsonSerializer.SerializeToElement(new string('x', 300_000));

        await client.CreateTicketAsync(new CreateTicketRequest { Nonce = "n", Queue = "a/b", Meta = new Dictionary<string, JsonElement> { ["big"] = large } }, Cancel);

        var request = Assert.Single(server.Requests);
        Assert.Null(request.Header("Transfer-Encoding"));
        Assert.Equal(request.Body.Length, int.Parse(request.Header("Content-Length")!));
        Assert.Equal("application/json", request.Header("Content-Type"));
    }

    [Theory]
    [InlineData("2026-01-31T08:30:00.1234567+00:00", "2026-01-31T08:30:00.123456Z")]
    [InlineData("2026-01-31T10:30:00+02:00", "2026-01-31T08:30:00.000000Z")]
    public void Times_of_every_record_are_written_in_UTC_with_microseconds(string read, string written)
    {
        var skipped = JsonSerializer.Deserialize($$"""{"shard":"s","opid":1,"reason":"r","skipped_by":"k","at":"{{read}}"}""", TicketsJson.Default.SkippedOp)!;

        Assert.Equal($$"""{"shard":"s","opid":1,"reason":"r","skipped_by":"k","at":"{{written}}"}""", JsonSerializer.Serialize(skipped, TicketsJson.Default.SkippedOp));
    }

    [Fact]
    public async Task Every_request_shows_the_key()
    {
        await using var server = await StartAsync(Json("""{"workflows":[]}"""));
        using var client = Clients.For(server);

        await client.ListWorkflowsAsync(Cancel);

        Assert.Equal($"Bearer {Clients.Key}", server.Requests[0].Header("Authorization"));
    }

    [Fact]
    public async Task Names_with_slashes_and_spaces_arrive_whole()
    {
        await using var server = await StartAsync(Json("""{"ticket_id":"17"}"""));
        using var client = Clients.For(server);

        await client.GetTicketAsync("1/7", "hiring/www leads", ["status", "meta.report"], Cancel);

        Assert.Equal("/api/v1/tickets/1%2F7?queue=hiring%2Fwww%20leads&projection=status%2Cmeta.report", server.Requests[0].Target);
    }

    [Fact]
    public async Task A_settings_put_says_which_revision_it_replaces_or_that_there_must_be_none()
    {
        await using var server = await StartAsync(Json("""{"queue":"q","workflow_id":"w","revision":4}"""));
        using var client = Clients.For(server);
        var queue = new Queue { Name = "q", WorkflowId = "w" };

        await client.PutQueueAsync(queue, RevisionCondition.Is(3), Cancel);
        await client.PutQueueAsync(queue, RevisionCondition.Absent, Cancel);

        Assert.Equal(("\"3\"", null), (server.Requests[0].Header("If-Match"), server.Requests[0].Header("If-None-Match")));
        Assert.Equal((null, "*"), (server.Requests[1].Header("If-Match"), server.Requests[1].Header("If-None-Match")));
    }

    [Fact]
    public async Task An_update_can_name_the_version_in_http_words()
    {
        await using var server = await StartAsync(Json("""{"ticket_id":"17","version":{"ticket":5,"meta":{}},"op":{"shard":"s","opid":1}}"""));
        using var client = Clients.For(server);

        await client.UpdateTicketAsync("17", new UpdateTicketRequest { Unset = ["resolution"] }, ifMatch: 4, cancel: Cancel);

        Assert.Equal("PATCH", server.Requests[0].Method);
        Assert.Equal("\"4\"", server.Requests[0].Header("If-Match"));
        Assert.Equal("""{"unset":["resolution"]}""", server.Requests[0].Body);
    }

    [Fact]
    public async Task Bulk_items_come_back_in_order_and_creates_get_nonces()
    {
        await using var server = await StartAsync(
            Json("""{"nonces":["n1"]}"""),
            Json("""{"results":[{"status":200,"ticket_id":"1"},{"status":409,"code":"unmet_conditions"}]}"""));
        using var client = Clients.For(server);

        var results = await client.BulkAsync(
            [new BulkItem(Create: new CreateTicketRequest { Queue = "q" }), new BulkItem(Update: new UpdateTicketRequest { TicketId = "2" })], Cancel);

        Assert.Equal(["1", null], results.Select(r => r.TicketId));
        Assert.Equal([null, ProblemCodes.UnmetConditions], results.Select(r => r.Code));
        Assert.Contains("\"nonce\":\"n1\"", server.Requests[1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_goes_on_page_by_page_as_far_as_it_is_consumed()
    {
        await using var server = await StartAsync(
            Json("""{"tickets":[{"ticket_id":"1"},{"ticket_id":"2"}],"next_cursor":"c1"}"""),
            Json("""{"tickets":[{"ticket_id":"3"}],"next_cursor":"c2"}"""),
            Json("""{"tickets":[{"ticket_id":"4"}]}"""));
        using var client = Clients.For(server);
        var request = new FindTicketsRequest { Query = new TicketQuery { Queue = "q" }, Limit = 2 };

        var firstThree = await client.FindAllAsync(request, Cancel).Take(3).Select(t => t.TicketId).ToListAsync(Cancel);
        Assert.Equal(["1", "2", "3"], firstThree);
        Assert.Equal(2, server.Requests.Count);
        Assert.Contains("\"cursor\":\"c1\"", server.Requests[1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Following_the_log_resumes_after_a_lost_answer_where_it_was()
    {
        await using var server = await StartAsync(
            Json("""{"ops":[{"shard":"s","opid":1,"at":"2026-01-01T00:00:00Z","ticket_id":"1","queue":"q","kind":"created","version":1,"diff":{}}],"next_cursor":"c1","polling_delay_ms":0}"""),
            Drop,
            Json("""{"ops":[],"next_cursor":"c1","polling_delay_ms":10}"""),
            Json("""{"ops":[{"shard":"s","opid":2,"at":"2026-01-01T00:00:00Z","ticket_id":"1","queue":"q","kind":"updated","version":2,"diff":{}}],"next_cursor":"c2","polling_delay_ms":0}"""));
        using var client = Clients.For(server);

        var pages = await client.FollowOplogAsync(new OplogRequest { Wait = TimeSpan.FromSeconds(5) }, Cancel).Take(3).ToListAsync(Cancel);

        Assert.Equal([1L, 2L], pages.SelectMany(p => p.Ops).Select(o => o.Opid));
        Assert.Equal("c2", pages[^1].NextCursor);
        Assert.Equal(
            ["/api/v1/oplog?wait=5", "/api/v1/oplog?cursor=c1&wait=5", "/api/v1/oplog?cursor=c1&wait=5", "/api/v1/oplog?cursor=c1&wait=5"],
            server.Requests.Select(r => r.Target));
    }
}
