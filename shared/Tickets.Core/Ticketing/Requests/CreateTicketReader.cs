using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Rules;
using Tickets.Core.Workflows;

namespace Tickets.Core.Ticketing.Requests;

/// <summary>Reads the body of <c>POST /tickets</c>, with every fault it has.</summary>
internal static class CreateTicketReader
{
    private static readonly string[] Members = ["queue", "nonce", "status", "group", "parent_id", "created_at", "meta", "indexed_meta"];

    // Long enough ago for anybody's archive, and a clock that is ahead by a zone or so is no fault.
    private static readonly DateTimeOffset Earliest = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromDays(1);

    /// <summary>Members that no create has; asked before the queue is looked for.</summary>
    public static Problem? Strangers(JsonElement body) => ObjectReader.Strangers(body, Members);

    /// <param name="body">Has no <see cref="Strangers"/>.</param>
    /// <returns>The command without its number, and the nonce as given.</returns>
    public static Result<(CreateTicket Command, string? Nonce)> Read(JsonElement body, QueueSettings queue, Caller caller, DateTimeOffset now)
    {
        var errors = new List<ProblemError>();
        var reader = new ObjectReader(body, "", errors);

        _ = reader.RequiredText("queue");
        var nonce = reader.Text("nonce", 4096);
        var status = reader.Text("status") ?? queue.Workflow.Initial.Name;
        if (!queue.Workflow.Statuses.TryGetValue(status, out var rules))
            reader.Fault("status", $"Workflow '{queue.Workflow.Definition.WorkflowId}' has no status '{status}'; it has {string.Join(", ", queue.Workflow.Statuses.Keys)}.");
        else if (rules.ResolutionRequired)
            reader.Fault("status", $"A ticket cannot begin in '{status}', which requires a resolution.");

        var group = TicketFields.Group(reader, "group");
        var parent = TicketFields.TicketIdOf(reader, "parent_id");
        var createdAt = reader.Time("created_at");
        if (createdAt is not null && !caller.May(Permission.Import))
            return Problems.Forbidden("created_at may be given only with a key of role import or admin.");
        if (createdAt < Earliest || createdAt > now + ClockTolerance)
            reader.Fault("created_at", "Expected a time from 1900-01-01 on, at most a day from now.");
        var meta = MetaOf(reader);
        var indexed = IndexedOf(reader, queue.Workflow);
        if (errors.Count > 0)
            return Problems.Invalid(errors);

        var command = new CreateTicket(queue, 0)
        {
            Status = status,
            Group = group,
            ParentId = parent,
            CreatedAt = createdAt,
            Meta = meta,
            Indexed = indexed,
        };
        return (command, nonce);
    }

    private static List<MetaWrite> MetaOf(ObjectReader reader)
    {
        var blocks = new List<MetaWrite>();
        if (reader.Object("meta") is not { } meta)
            return blocks;
        foreach (var block in meta.Source.EnumerateObject())
        {
            if (TicketFields.Block(block.Name, block.Value, meta.PointerOf(block.Name), meta.Errors) is { } write)
                blocks.Add(write);
        }

        if (blocks.Count > TicketFields.MaxBlocks)
            reader.Fault("meta", $"A ticket is made with at most {TicketFields.MaxBlocks} meta blocks.");
        return blocks;
    }

    private static List<FieldWrite> IndexedOf(ObjectReader reader, WorkflowRules workflow)
    {
        var fields = new List<FieldWrite>();
        if (reader.Object("indexed_meta") is not { } indexed)
            return fields;
        foreach (var field in indexed.Source.EnumerateObject())
        {
            if (TicketFields.Indexed(workflow, field.Name, field.Value, indexed.PointerOf(field.Name), indexed.Errors) is { Value: not null } write)
                fields.Add(write);
        }

        return fields;
    }
}
