using Tickets.Client;
using Tickets.Contracts;
using static Tickets.Tests.Client.ScriptedServer;

namespace Tickets.Tests.Client;

public class RetryTests
{
    private const string Ticket = """{"ticket_id":"17","queue":"a/b","status":"open","version":1}""";
    private const string Created = """{"ticket_id":"17","queue":"a/b","version":{"ticket":1,"meta":{}}}""";
    private const string Updated = """{"ticket_id":"17","version":{"ticket":2,"meta":{}},"op":{"shard":"hot-0","opid":9}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_read_is_repeated_after_503_and_no_sooner_than_the_server_said()
    {
        await using var server = await StartAsync(Problem(503, ProblemCodes.Unavailable, retryAfter: "1"), Json(Ticket));
        using var client = Clients.For(server);

        var ticket = await client.GetTicketAsync("17", cancel: Cancel);

        Assert.Equal("17", ticket.TicketId);
        Assert.Equal(2, server.Requests.Count);
        Assert.True(server.Requests[1].At - server.Requests[0].At >= TimeSpan.FromSeconds(1), "asked again too soon");
    }

    [Fact]
    public async Task A_create_whose_answer_was_lost_is_repeated_with_the_same_nonce_and_content()
    {
        await using var server = await StartAsync(Json("""{"nonces":["n1"]}"""), Drop, Drop, Json(Created));
        using var client = Clients.For(server);

        var created = await client.CreateTicketAsync(new CreateTicketRequest { Queue = "a/b" }, Cancel);

        Assert.Equal("17", created.TicketId);
        var creates = server.Requests.Where(r => r.Target == "/api/v1/tickets").ToList();
        Assert.Equal(3, creates.Count);
        Assert.Contains("\"n1\"", creates[0].Body, StringComparison.Ordinal);
        Assert.Single(creates.Select(r => r.Body).Distinct());
    }

    [Fact]
    public async Task An_update_whose_answer_was_lost_is_not_repeated_and_says_that_it_may_have_been_done()
    {
        await using var server = await StartAsync(Drop, Json(Updated));
        using var client = Clients.For(server);

        var e = await Assert.ThrowsAsync<TicketsUnreachableException>(() => client.UpdateTicketAsync("17", new UpdateTicketRequest(), cancel: Cancel));

        Assert.True(e.MayHaveBeenDone);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task An_update_with_an_idempotency_key_is_repeated_under_that_key()
    {
        await using var server = await StartAsync(Drop, Problem(503, ProblemCodes.OutcomeUnknown), Json(Updated));
        using var client = Clients.For(server);

        var updated = await client.UpdateTicketAsync("17", new UpdateTicketRequest(), idempotencyKey: "k1", cancel: Cancel);

        Assert.Equal(9, updated.Op!.Opid);
        Assert.Equal(["k1", "k1", "k1"], server.Requests.Select(r => r.Header("Idempotency-Key")));
    }

    [Fact]
    public async Task An_update_that_the_server_did_not_let_in_is_repeated()
    {
        await using var server = await StartAsync(Problem(503, ProblemCodes.Overloaded), Problem(429, ProblemCodes.TooManyRequests), Json(Updated));
        using var client = Clients.For(server);

        Assert.Equal(2, (await client.UpdateTicketAsync("17", new UpdateTicketRequest(), cancel: Cancel)).Version.Ticket);
        Assert.Equal(3, server.Requests.Count);
    }

    [Theory]
    [InlineData(ProblemCodes.OutcomeUnknown)]
    [InlineData(ProblemCodes.Unavailable)]
    public async Task An_update_that_may_have_been_done_is_not_repeated_after_503(string code)
    {
        await using var server = await StartAsync(Problem(503, code), Json(Updated));
        using var client = Clients.For(server);

        var e = await Assert.ThrowsAsync<TicketsProblemException>(() => client.UpdateTicketAsync("17", new UpdateTicketRequest(), cancel: Cancel));

        Assert.Equal(code, e.Code);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Accepts_puts_and_bulk_updates_are_not_repeated_after_a_lost_answer()
    {
        await using var server = await StartAsync(Drop);
        using var client = Clients.For(server);

        await Assert.ThrowsAsync<TicketsUnreachableException>(() => client.AcceptTicketAsync("17", "ann", cancel: Cancel));
        await Assert.ThrowsAsync<TicketsUnreachableException>(() => client.PutQueueAsync(new Queue { Name = "q", WorkflowId = "w" }, RevisionCondition.Is(3), Cancel));
        await Assert.ThrowsAsync<TicketsUnreachableException>(() => client.BulkAsync([new BulkItem(Update: new UpdateTicketRequest { TicketId = "17" })], Cancel));

        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_refused_connection_is_tried_again_for_any_request_since_nothing_was_sent()
    {
        var port = FreePort();
        var refused = new TaskCompletionSource();
        using var client = Clients.For(new Uri($"http://127.0.0.1:{port}"), o => o with { Retrying = _ => refused.TrySetResult() });

        var update = client.UpdateTicketAsync("17", new UpdateTicketRequest(), cancel: Cancel);
        await refused.Task.WaitAsync(Cancel);
        await using var server = await StartAsync((_, context) => Json(Updated)(context), port);

        Assert.Equal(2, (await update).Version.Ticket);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Repeating_ends_when_its_time_is_up()
    {
        var notices = new List<RetryNotice>();
        using var client = Clients.For(
            new Uri($"http://127.0.0.1:{FreePort()}"), o => o with { RetryFor = TimeSpan.FromSeconds(1), Retrying = notices.Add });
        var started = TimeProvider.System.GetTimestamp();

        var e = await Assert.ThrowsAsync<TicketsUnreachableException>(() => client.GetTicketAsync("17", cancel: Cancel));

        Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(20));
        Assert.True(e.Attempts > 1);
        Assert.Equal(e.Attempts - 1, notices.Count);
        Assert.False(e.MayHaveBeenDone);
    }

    [Fact]
    public async Task A_server_that_asks_for_more_patience_than_there_is_gets_its_problem_shown_at_once()
    {
        await using var server = await StartAsync(Problem(503, ProblemCodes.Overloaded, retryAfter: "3600"));
        using var client = Clients.For(server);

        var e = await Assert.ThrowsAsync<TicketsProblemException>(() => client.GetTicketAsync("17", cancel: Cancel));

        Assert.Equal(3600, e.Problem.RetryAfter);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_read_that_hangs_is_given_up_and_asked_again()
    {
        await using var server = await StartAsync(Hang, Json(Ticket));
        using var client = Clients.For(server, o => o with { AttemptTimeout = TimeSpan.FromSeconds(1.5) });

        Assert.Equal("17", (await client.GetTicketAsync("17", cancel: Cancel)).TicketId);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_cancelled_call_ends_as_cancelled_and_not_as_unreachable()
    {
        await using var server = await StartAsync(Hang);
        using var client = Clients.For(server);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);

        var call = client.GetTicketAsync("17", cancel: cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task A_bare_500_of_a_host_whose_app_died_is_repeated_and_a_500_of_the_service_is_not()
    {
        await using var host = await StartAsync(Status(500, "", "text/plain"), Json(Ticket));
        await using var service = await StartAsync(Problem(500, ProblemCodes.Internal), Json(Ticket));
        using var behindHost = Clients.For(host);
        using var direct = Clients.For(service);

        Assert.Equal("17", (await behindHost.GetTicketAsync("17", cancel: Cancel)).TicketId);
        await Assert.ThrowsAsync<TicketsProblemException>(() => direct.GetTicketAsync("17", cancel: Cancel));
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task Ping_and_readiness_are_asked_once_because_the_failure_is_the_answer()
    {
        await using var server = await StartAsync(Problem(503, ProblemCodes.StaleSettings));
        using var client = Clients.For(server);

        var e = await Assert.ThrowsAsync<TicketsProblemException>(() => client.PingAsync(Cancel));
        var readiness = await client.GetReadinessAsync(Cancel);

        Assert.Equal(ProblemCodes.StaleSettings, e.Code);
        Assert.False(readiness.Ready);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_not_asked_for_twice()
    {
        using var client = Clients.For(new Uri("http://no-such-host.invalid"));

        var e = await Assert.ThrowsAsync<TicketsUnreachableException>(() => client.GetTicketAsync("17", cancel: Cancel));

        Assert.Equal(1, e.Attempts);
        Assert.Contains("no-such-host.invalid", e.Message, StringComparison.Ordinal);
    }
}
