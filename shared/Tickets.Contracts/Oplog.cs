using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tickets.Contracts;

/// <summary>What a change did; <see cref="Set"/> has the keys of an update's <c>set</c>, <see cref="Unset"/> those of its <c>unset</c>.</summary>
/// <param name="Skipped">The op that was not published to Service Bus; only with the kind <c>skipped</c>.</param>
public sealed record OpDiff(IReadOnlyDictionary<string, JsonElement>? Set, IReadOnlyList<string>? Unset, OpSkip? Skipped = null);

/// <summary>An op of the same ticket that an operator had the relay skip, because Service Bus would not take it.</summary>
/// <param name="Kind">Of the op that was skipped.</param>
/// <param name="SkippedBy">The id of the operator's key.</param>
public sealed record OpSkip(long Opid, string Kind, string Reason, string SkippedBy);

/// <summary>One change of one ticket. <c>shard:opid</c> identifies it; opids are dense and in commit order within a shard.</summary>
public sealed record Op
{
    public required string Shard { get; init; }
    public required long Opid { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string TicketId { get; init; }
    public required string Queue { get; init; }

    /// <summary><c>created</c>, <c>updated</c>, <c>moved_in</c>, <c>moved_out</c>, <c>archived</c>, <c>restored</c>, <c>deleted</c> (by the retention), <c>erased</c>, or <c>skipped</c>: no change, but what <see cref="OpDiff.Skipped"/> says.</summary>
    public required string Kind { get; init; }
    public required long Version { get; init; }
    public required OpDiff Diff { get; init; }

    /// <summary>The W3C trace context of the request that made the change; null when nobody records that trace.</summary>
    [JsonPropertyName("traceparent")]
    public string? TraceParent { get; init; }
}

/// <summary>That an op is not published to Service Bus.</summary>
/// <param name="SkippedBy">The id of the operator's key.</param>
public sealed record SkippedOp(string Shard, long Opid, string Reason, string SkippedBy, DateTimeOffset At);

public sealed record OplogPage
{
    public required IReadOnlyList<Op> Ops { get; init; }
    public required string NextCursor { get; init; }
    public required int PollingDelayMs { get; init; }
}
