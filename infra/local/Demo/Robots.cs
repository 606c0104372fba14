using System.Text.Json;
using Tickets.Client;
using Tickets.Contracts;

namespace Tickets.Local.Demo;

/// <summary>
/// Robots that find new reports by search and move them on by the rules. Each update is conditional on the version that the robot saw and carries a key,
/// so that none overwrites another's and one whose answer was lost is not done twice.
/// </summary>
internal sealed class Robots(TicketsClient client, string queue, int crew, Ledger ledger, TimeProvider time)
{
    private static readonly string[] Needed = ["ticket_id", "status", "version", "created_at", "indexed_meta"];

    public Latencies Updates { get; } = new();

    /// <param name="finished">Told of each ticket that no rule moves further.</param>
    /// <param name="cancel">Ends the shift.</param>
    public Task WorkAsync(Action finished, CancellationToken cancel)
    {
        var reported = new FindTicketsRequest { Query = new TicketQuery { Queue = queue, Status = "reported" }, Projection = Needed, Limit = 500 };
        var together = new ParallelOptions { MaxDegreeOfParallelism = crew, CancellationToken = cancel };
        return Parallel.ForEachAsync(client.FindAllAsync(reported, cancel), together, async (ticket, token) =>
        {
            await FinishAsync(ticket, token);
            finished();
        });
    }

    private async ValueTask FinishAsync(Ticket ticket, CancellationToken cancel)
    {
        var incident = new Incident(
            ticket.IndexedMeta!["damage"].Text!, ticket.IndexedMeta["cost"].Number, DateOnly.FromDateTime(ticket.CreatedAt!.Value.UtcDateTime));
        var (status, version) = (ticket.Status!, ticket.Version!.Value);
        while (IncidentRules.Next(status, incident) is { } move)
        {
            var update = new UpdateTicketRequest
            {
                Queue = queue,
                Expected = new Dictionary<string, JsonElement> { ["ticket.version"] = JsonSerializer.SerializeToElement(version) },
                Set = move.Set(),
            };
            var began = time.GetTimestamp();
            var answer = await client.UpdateTicketAsync(ticket.TicketId!, update, idempotencyKey: $"demo/{ticket.TicketId}/{version}", cancel: cancel);
            Updates.Add(time.GetElapsedTime(began));
            ledger.Moved(answer, move);
            (status, version) = (move.To, answer.Version.Ticket);
        }
    }
}
