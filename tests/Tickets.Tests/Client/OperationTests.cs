using Tickets.Client;
using Tickets.Contracts;
using static Tickets.Tests.Client.ScriptedServer;

namespace Tickets.Tests.Client;

public class OperationTests
{
    [Fact]
    public async Task Waiting_for_an_operation_tells_its_progress_and_ends_with_its_result()
    {
        await using var server = await StartAsync(Standing("not_started"), Standing("running", 3), Standing("succeeded", 10));
        using var client = Clients.For(server);
        var told = new List<long?>();

        var ended = await client.Operation("op1").WaitAsync(new Told(told), TestContext.Current.CancellationToken);

        Assert.Equal("succeeded", ended.Status);
        Assert.Equal([null, 3, 10], told);
        Assert.All(server.Requests, request => Assert.Equal("/api/v1/operations/op1", request.Target));
    }

    [Fact]
    public async Task An_operation_that_failed_is_an_exception_that_has_it()
    {
        await using var server = await StartAsync(Json("""{"id":"op1","kind":"scan","status":"failed","created_at":"2026-01-01T00:00:00Z","error":{"code":"cold_part_damaged","detail":"Part 7."}}"""));
        using var client = Clients.For(server);

        var failed = await Assert.ThrowsAsync<TicketsOperationException>(() => client.Operation("op1").WaitAsync(cancel: TestContext.Current.CancellationToken));

        Assert.Equal("cold_part_damaged", failed.Operation.Error!.Code);
        Assert.Contains("Part 7.", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_result_is_read_line_by_line_whatever_the_pieces()
    {
        await using var server = await StartAsync(Json("{\"ticket_id\":\"1\"}\n{\"ticket_id\":\"2\"}\n{\"ticket_id\":\"3\"}"));
        using var client = Clients.For(server);
        var ids = new List<string?>();
        await foreach (var ticket in client.ReadResultAsync("op1", TestContext.Current.CancellationToken))
            ids.Add(ticket.TicketId);
        Assert.Equal(["1", "2", "3"], ids);
    }

    [Fact]
    public async Task Operations_and_orchestrations_are_listed_over_all_pages()
    {
        await using var server = await StartAsync(
            Json("""{"operations":[{"id":"b","kind":"scan","status":"failed","created_at":"2026-01-02T00:00:00Z"}],"next_cursor":"c1"}"""),
            Json("""{"operations":[{"id":"a","kind":"scan","status":"failed","created_at":"2026-01-01T00:00:00Z"}]}"""));
        using var client = Clients.For(server);
        var ids = new List<string>();
        await foreach (var operation in client.ListOperationsAsync("failed", TestContext.Current.CancellationToken))
            ids.Add(operation.Id);
        Assert.Equal(["b", "a"], ids);
        Assert.Equal("/api/v1/operations?status=failed&cursor=c1", server.Requests[1].Target);
    }

    [Fact]
    public async Task Removing_a_webhook_that_is_gone_is_done()
    {
        await using var server = await StartAsync(Drop, Problem(404, ProblemCodes.NotFound));
        using var client = Clients.For(server);
        await client.RemoveWebhookAsync("w1", TestContext.Current.CancellationToken);
        Assert.Equal(2, server.Requests.Count);
    }

    private static Func<Microsoft.AspNetCore.Http.HttpContext, Task> Standing(string status, long? done = null)
    {
        var progress = done is null ? "" : $$""","progress":{"done":{{done}},"total":10,"unit":"tickets"}""";
        return Json($$"""{"id":"op1","kind":"scan","status":"{{status}}","created_at":"2026-01-01T00:00:00Z"{{progress}}}""");
    }

    private sealed class Told(List<long?> told) : IProgress<Operation>
    {
        public void Report(Operation value) => told.Add(value.Progress?.Done);
    }
}
