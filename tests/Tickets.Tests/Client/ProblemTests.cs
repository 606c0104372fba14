using Tickets.Client;
using Tickets.Contracts;
using static Tickets.Tests.Client.ScriptedServer;

namespace Tickets.Tests.Client;

public class ProblemTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_conflict_surfaces_with_every_unmet_condition()
    {
        await using var server = await StartAsync(Problem(409, ProblemCodes.UnmetConditions,
            ""","trace_id":"t1","unmet":[{"condition":"ticket.version","expected":4,"actual":5},{"condition":"ticket.status","expected":"open","actual":"closed"}]"""));
        using var client = Clients.For(server);

        var e = await Assert.ThrowsAsync<TicketsProblemException>(() => client.UpdateTicketAsync("17", new UpdateTicketRequest(), cancel: Cancel));

        Assert.Equal(409, e.Status);
        Assert.Equal(ProblemCodes.UnmetConditions, e.Code);
        Assert.Equal(["ticket.version", "ticket.status"], e.Problem.Unmet!.Select(u => u.Condition));
        Assert.Equal("409 unmet_conditions: A title. [ticket.version: expected 4, is 5] [ticket.status: expected \"open\", is \"closed\"] (trace t1)", e.Message);
    }

    [Fact]
    public async Task An_answer_that_is_no_problem_document_is_shown_as_foreign()
    {
        await using var server = await StartAsync(Status(404, "<html>nginx</html>", "text/html"));
        using var client = Clients.For(server);

        var e = await Assert.ThrowsAsync<TicketsProblemException>(() => client.GetTicketAsync("17", cancel: Cancel));

        Assert.Equal((404, TicketsProblemException.ForeignAnswer), (e.Status, e.Code));
        Assert.Contains("nginx", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_success_that_is_not_what_was_asked_for_is_an_error_and_no_null()
    {
        await using var server = await StartAsync(Status(200, "<html>Sign in</html>", "text/html"));
        using var client = Clients.For(server);

        var e = await Assert.ThrowsAsync<TicketsProblemException>(() => client.GetTicketAsync("17", cancel: Cancel));

        Assert.Equal(TicketsProblemException.ForeignAnswer, e.Code);
    }

    [Theory]
    [InlineData("ftp://host")]
    [InlineData("/relative")]
    public void An_address_that_cannot_work_is_refused_at_once(string address) =>
        Assert.Throws<ArgumentException>(() => new TicketsClient(new TicketsClientOptions { Address = new Uri(address, UriKind.RelativeOrAbsolute) }));
}
