using System.Text.Json;

namespace Tickets.Contracts;

/// <summary>What a change did; <see cref="Set"/> has the keys of an update's <c>set</c>, <see cref="Unset"/> those of its <c>unset</c>.</summary>
public sealed record OpDiff(IReadOnlyDictionary<string, JsonElement>? Set, IReadOnlyList<string>? Unset);

/// <summary>One change of one ticket. <c>shard:opid</c> identifies it; opids are dense and in commit order within a shard.</summary>
public sealed record Op
{
    public required string Shard { get; init; }
    public required long Opid { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string TicketId { get; init; }
    public required string Queue { get; init; }

    /// <summary><c>created</c>, <c>updated</c>, <c>moved_in</c>, <c>moved_out</c>, <c>archived</c>, <c>restored</c>, <c>deleted</c> (by the retention) or <c>erased</c>.</summary>
    public required string Kind { get; init; }
    public required long Version { get; init; }
    public required OpDiff Diff { get; init; }
}

public sealed record OplogPage
{
    public required IReadOnlyList<Op> Ops { get; init; }
    public required string NextCursor { get; init; }
    public required int PollingDelayMs { get; init; }
}
