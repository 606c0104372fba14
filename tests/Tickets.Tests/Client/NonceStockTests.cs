using System.Text.Json;
using Tickets.Client;
using Tickets.Contracts;
using static Tickets.Tests.Client.ScriptedServer;

namespace Tickets.Tests.Client;

public class NonceStockTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_robot_makes_about_one_call_per_ticket()
    {
        await using var tickets = await TicketServer.StartAsync();
        using var client = Clients.For(tickets.Http);

        for (var i = 0; i < 200; i++) await client.CreateTicketAsync(new CreateTicketRequest { Queue = "q" }, Cancel);

        Assert.Equal(200, tickets.Count);
        Assert.InRange(tickets.Http.Requests.Count, 201, 215);
    }

    [Fact]
    public async Task A_single_create_takes_a_single_nonce()
    {
        await using var tickets = await TicketServer.StartAsync();
        using var client = Clients.For(tickets.Http);

        await client.CreateTicketAsync(new CreateTicketRequest { Queue = "q" }, Cancel);

        Assert.Equal(1, tickets.NoncesIssued);
    }

    [Fact]
    public async Task Robots_that_share_a_client_never_share_a_nonce()
    {
        await using var tickets = await TicketServer.StartAsync();
        using var client = Clients.For(tickets.Http);

        var taken = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => client.TakeNonceAsync(Cancel)));

        Assert.Equal(300, taken.Distinct().Count());
    }

    [Fact]
    public async Task A_stock_that_the_server_no_longer_honours_is_thrown_away()
    {
        var valid = "old";
        await using var server = await StartAsync(async (request, context) =>
        {
            if (request.Target.EndsWith("/nonces", StringComparison.Ordinal))
            {
                var count = JsonSerializer.Deserialize(request.Body, TicketsJson.Default.NoncesRequest)!.Count;
                await Json(JsonSerializer.Serialize(new NoncesResponse([.. Enumerable.Repeat(valid, count)]), TicketsJson.Default.NoncesResponse))(context);
            }
            else if (request.Body.Contains($"\"{valid}\"", StringComparison.Ordinal))
            {
                await Json("""{"ticket_id":"17","queue":"q","version":{"ticket":1,"meta":{}}}""")(context);
            }
            else
            {
                await Problem(409, ProblemCodes.InvalidNonce)(context);
            }
        });
        using var client = Clients.For(server);
        var request = new CreateTicketRequest { Queue = "q" };
        for (var i = 0; i < 4; i++) await client.CreateTicketAsync(request, Cancel);
        valid = "new";

        var e = await Assert.ThrowsAsync<TicketsProblemException>(() => client.CreateTicketAsync(request, Cancel));
        await client.CreateTicketAsync(request, Cancel);

        Assert.Equal(ProblemCodes.InvalidNonce, e.Code);
    }
}
