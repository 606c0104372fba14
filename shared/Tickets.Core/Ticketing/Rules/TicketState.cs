using System.Collections.Immutable;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Rules;

/// <summary>A hot ticket as its row says, with the versions of its meta blocks when a command asked about any.</summary>
internal sealed record TicketState
{
    public required long TicketId { get; init; }
    public required QueueSettings Queue { get; init; }
    public required string Status { get; init; }
    public string? Resolution { get; init; }
    public string? Group { get; init; }
    public string? AcceptedBy { get; init; }
    public long? ParentId { get; init; }
    public required long Version { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public IndexedSlots Indexed { get; init; } = IndexedSlots.Empty;

    /// <summary>The queue on another shard that the ticket is on its way to.</summary>
    public int? MovingTo { get; init; }
    public ImmutableDictionary<string, BlockState> Blocks { get; init; } = ImmutableDictionary.Create<string, BlockState>(StringComparer.Ordinal);

    public BlockState Block(string name) => Blocks.GetValueOrDefault(name, BlockState.Never);
}

/// <summary>A removed block keeps its version and goes on counting when it is made again.</summary>
/// <param name="Json">The content where it is at hand: when it was just written, or loaded because the ticket moves.</param>
internal readonly record struct BlockState(long Version, bool Exists, string? Json = null)
{
    public static readonly BlockState Never = new(0, false);
}

/// <summary>The values of the ten indexed columns, <c>i1…i5</c> and <c>s1…s5</c>.</summary>
internal sealed record IndexedSlots(ImmutableArray<long?> Numbers, ImmutableArray<string?> Texts)
{
    public static readonly IndexedSlots Empty = new(
        ImmutableArray.Create(new long?[Workflows.WorkflowRules.SlotsOfAType]),
        ImmutableArray.Create(new string?[Workflows.WorkflowRules.SlotsOfAType]));
}

internal static class FieldSlotValues
{
    /// <summary>The field's value, or null when it is empty.</summary>
    public static Contracts.IndexedValue? ValueIn(this Workflows.FieldSlot field, IndexedSlots slots)
    {
        if (field.IsText)
            return slots.Texts[field.Slot - 1] is { } text ? text : default(Contracts.IndexedValue?);
        return slots.Numbers[field.Slot - 1] is { } number ? number : default(Contracts.IndexedValue?);
    }
}
