using System.Collections.Immutable;
using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Rules;
using Tickets.Core.Workflows;

namespace Tickets.Tests.Ticketing;

/// <summary>Queues and tickets to decide about, without a database.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Then = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset Now = new(2026, 1, 31, 8, 30, 0, TimeSpan.Zero);

    /// <summary>Open, doing and done (terminal, with resolutions), gone (terminal, without); integer fields cost and miles, string field state.</summary>
    public const string Statuses = """
        "initial": "open",
        "statuses": {
          "open":  {"to": ["doing", "done+fixed", "gone-"]},
          "doing": {"to": ["done", "open-", "doing2+"]},
          "doing2": {"to": ["done"]},
          "done":  {"terminal": true, "to": ["open-", "gone"], "resolutions": ["fixed", "lost"], "resolution_required": true},
          "gone":  {"terminal": true}}
        """;

    public static readonly QueueSettings Queue = QueueOf(1, "q", Statuses, """{"cost": {"type": "int64", "slot": 1}, "miles": {"type": "int64", "slot": 3}, "state": {"type": "string", "slot": 2}}""");

    public static WorkflowRules Workflow(string members, string fields = "{}") => new(Definition(members, fields));

    public static Workflow Definition(string members, string fields = "{}")
    {
        var read = WorkflowReader.Read(JsonElement.Parse($$"""{"workflow_id": "w", {{members}}, "indexed_fields": {{fields}} }"""));
        Assert.Null(read.Problem);
        return read.Value!;
    }

    public static QueueSettings QueueOf(int id, string name, string members, string fields = "{}", params string[] shards) =>
        new(id, new Queue { Name = name, WorkflowId = "w", Shards = shards.Length == 0 ? ["hot-0"] : shards }, Workflow(members, fields), TimeSpan.FromDays(7));

    public static TicketState Ticket(QueueSettings? queue = null) => new()
    {
        TicketId = 7,
        Queue = queue ?? Queue,
        Status = "open",
        Version = 3,
        CreatedAt = Then,
        UpdatedAt = Then,
    };

    public static TicketState WithBlocks(this TicketState ticket, params (string Name, BlockState State)[] blocks) =>
        ticket with { Blocks = blocks.ToImmutableDictionary(block => block.Name, block => block.State, StringComparer.Ordinal) };

    public static UpdateTicket Update(TicketState ticket) => new(ticket.Queue, ticket.TicketId);

    public static FieldSlot Field(string name) => Queue.Workflow.Fields[name];
}
