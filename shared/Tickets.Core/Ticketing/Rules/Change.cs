using Tickets.Contracts;

namespace Tickets.Core.Ticketing.Rules;

/// <summary>What a command does to a ticket: everything that one transaction writes for it.</summary>
/// <param name="Before">Null for a create.</param>
/// <param name="Blocks">Meta blocks written, removed ones with null data.</param>
/// <param name="Ops">The entries in the change log, in order; the last one answers the caller.</param>
internal sealed record Change(TicketState? Before, TicketState After, IReadOnlyList<BlockWrite> Blocks, IReadOnlyList<OpDraft> Ops)
{
    public TicketVersions Versions => new(After.Version, Blocks.Where(block => block.Json is not null).ToDictionary(block => block.Block, block => block.Version, StringComparer.Ordinal));
}

internal sealed record BlockWrite(string Block, long Version, string? Json);

/// <summary>An op before it has its number.</summary>
/// <param name="Diff">JSON, <c>{"set": {…}, "unset": […]}</c>.</param>
internal sealed record OpDraft(string Kind, long TicketId, int QueueId, long Version, string Status, string? Resolution, string Diff)
{
    public static OpDraft Of(string kind, TicketState ticket, string diff) =>
        new(kind, ticket.TicketId, ticket.Queue.QueueId, ticket.Version, ticket.Status, ticket.Resolution, diff);
}

internal static class OpKinds
{
    public const string Created = "created";
    public const string Updated = "updated";
    public const string MovedIn = "moved_in";
    public const string MovedOut = "moved_out";
    public const string Archived = "archived";
    public const string Restored = "restored";
    public const string Erased = "erased";
    public const string Deleted = "deleted";
}
