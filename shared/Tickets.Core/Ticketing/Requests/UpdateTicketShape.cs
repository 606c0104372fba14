using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;

namespace Tickets.Core.Ticketing.Requests;

/// <summary>The members of an update by name, before its ticket is looked for: which are there at all needs no queue to tell.</summary>
internal static class UpdateTicketShape
{
    public const string MetaPrefix = "meta.";
    public const string IndexedPrefix = "indexed_meta.";

    private static readonly string[] Members = ["queue", "expected", "set", "unset"];
    private static readonly string[] BulkMembers = ["ticket_id", .. Members];
    private static readonly string[] BlockConditions = ["version", "exists"];

    /// <param name="body">An update.</param>
    /// <param name="inBulk">There the ticket's id is a member; else it stands in the path.</param>
    /// <returns>400 with every member that no update has; null when there is none.</returns>
    public static Problem? Strangers(JsonElement body, bool inBulk)
    {
        var unknown = new List<ProblemError>();
        var reader = new ObjectReader(body, "", []);
        reader.Finish(unknown, inBulk ? BulkMembers : Members);
        CheckConditions(reader.Object("expected"), unknown);
        CheckSet(reader.Object("set"), unknown);
        return unknown.Count > 0 ? Problems.UnknownMembers(unknown) : null;
    }

    /// <summary>The name of the queue that the ticket is to move to; null when there is none, or a faulty one, which the reader tells.</summary>
    public static string? MoveTo(JsonElement body) =>
        body.TryGetProperty("set", out var set) && set.ValueKind == JsonValueKind.Object && set.TryGetProperty("queue", out var name) ? TextValue.Read(name, 256, out _) : null;

    private static void CheckConditions(ObjectReader? conditions, List<ProblemError> unknown)
    {
        foreach (var condition in conditions?.Source.EnumerateObject() ?? default)
        {
            if (condition.Name.StartsWith(MetaPrefix, StringComparison.Ordinal))
                conditions!.Object(condition.Name)?.Finish(unknown, BlockConditions);
            else if (condition.Name is not ("ticket.version" or "ticket.status" or "ticket.resolution"))
                unknown.Add(new ProblemError(conditions!.PointerOf(condition.Name), "Conditions are ticket.version, ticket.status, ticket.resolution and meta.BLOCK."));
        }
    }

    private static void CheckSet(ObjectReader? set, List<ProblemError> unknown)
    {
        foreach (var member in set?.Source.EnumerateObject() ?? default)
        {
            if (member.Name is not ("status" or "resolution" or "group" or "queue")
                && !member.Name.StartsWith(MetaPrefix, StringComparison.Ordinal)
                && !member.Name.StartsWith(IndexedPrefix, StringComparison.Ordinal))
                unknown.Add(new ProblemError(set!.PointerOf(member.Name), "An update sets status, resolution, group, queue, meta.BLOCK and indexed_meta.FIELD."));
        }
    }
}
