using System.Text.Json;

namespace Tickets.Contracts;

public sealed record NoncesRequest(int Count = 1);
public sealed record NoncesResponse(IReadOnlyList<string> Nonces);

public sealed record CreateTicketRequest
{
    /// <summary>From <c>POST /nonces</c>; without one the server takes a number and a retry is not safe.</summary>
    public string? Nonce { get; init; }
    public required string Queue { get; init; }

    /// <summary>Defaults to the workflow's initial status.</summary>
    public string? Status { get; init; }
    public string? Group { get; init; }
    public string? ParentId { get; init; }

    /// <summary>Needs the import permission.</summary>
    public DateTimeOffset? CreatedAt { get; init; }
    public IReadOnlyDictionary<string, JsonElement>? Meta { get; init; }
    public IReadOnlyDictionary<string, IndexedValue>? IndexedMeta { get; init; }
}

/// <summary>Versions after a change: the ticket's own and those of the meta blocks that changed.</summary>
public sealed record TicketVersions(long Ticket, IReadOnlyDictionary<string, long> Meta);

/// <summary>Where a change stands in the change log.</summary>
public sealed record OpPosition(string Shard, long Opid);

public sealed record CreateTicketResponse(string TicketId, string Queue, TicketVersions Version);

/// <summary>
/// A conditional change. Keys of <see cref="Expected"/>: <c>ticket.version</c>, <c>ticket.status</c>, <c>ticket.resolution</c>,
/// <c>meta.BLOCK</c> (<c>{"version": n}</c> or <c>{"exists": bool}</c>); of <see cref="Set"/>: <c>status</c>, <c>resolution</c>, <c>queue</c>,
/// <c>group</c>, <c>meta.BLOCK</c>, <c>indexed_meta.FIELD</c>; of <see cref="Unset"/>: <c>resolution</c>, <c>group</c>, <c>meta.BLOCK</c>, <c>indexed_meta.FIELD</c>.
/// </summary>
public sealed record UpdateTicketRequest
{
    /// <summary>Only in the items of a bulk request; else the id stands in the path.</summary>
    public string? TicketId { get; init; }
    public string? Queue { get; init; }
    public IReadOnlyDictionary<string, JsonElement>? Expected { get; init; }
    public IReadOnlyDictionary<string, JsonElement>? Set { get; init; }
    public IReadOnlyList<string>? Unset { get; init; }
}

/// <param name="Op">The change in the log; null when there was nothing to change, and the versions are those that stand.</param>
public sealed record UpdateTicketResponse(string TicketId, TicketVersions Version, OpPosition? Op = null);

public sealed record AcceptTicketRequest(string? Queue, string By);

public sealed record MetaBlock(long Version, JsonElement Data);

/// <summary>A ticket as reads answer it. With a projection, members not asked for are left out; without one all are there, empty ones as null.</summary>
public sealed record Ticket
{
    public string? TicketId { get; init; }
    public string? Queue { get; init; }
    public string? Status { get; init; }
    public string? Resolution { get; init; }
    public string? Group { get; init; }
    public string? AcceptedBy { get; init; }
    public string? ParentId { get; init; }
    public long? Version { get; init; }
    public DateTimeOffset? CreatedAt { get; init; }
    public DateTimeOffset? UpdatedAt { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
    public IReadOnlyDictionary<string, IndexedValue>? IndexedMeta { get; init; }
    public IReadOnlyDictionary<string, MetaBlock>? Meta { get; init; }

    /// <summary><c>hot</c> or <c>cold</c>.</summary>
    public string? Tier { get; init; }
}

public sealed record BulkItem(CreateTicketRequest? Create = null, UpdateTicketRequest? Update = null);
public sealed record BulkRequest(IReadOnlyList<BulkItem> Items);
public sealed record BulkResponse(IReadOnlyList<JsonElement> Results);

public sealed record TicketQuery
{
    public required string Queue { get; init; }
    public string? Status { get; init; }

    /// <summary><c>resolved</c>, <c>noresolution</c> or <c>any</c> (default).</summary>
    public string? ResolutionStatus { get; init; }
    public string? Resolution { get; init; }
    public string? TicketId { get; init; }
    public string? Group { get; init; }
    public string? ParentId { get; init; }
    public IReadOnlyDictionary<string, IndexedValue>? IndexedMeta { get; init; }
}

public sealed record FindTicketsRequest
{
    public required TicketQuery Query { get; init; }
    public IReadOnlyList<string>? Projection { get; init; }

    /// <summary>1 to 1000; 100 when left out.</summary>
    public int? Limit { get; init; }
    public string? Cursor { get; init; }

    /// <summary>Only false: archived tickets are gone through by <c>POST /cold/scans</c>.</summary>
    public bool? IncludeCold { get; init; }
}

public sealed record FindTicketsResponse
{
    public required IReadOnlyList<Ticket> Tickets { get; init; }
    public string? NextCursor { get; init; }

    /// <summary>Present when no index serves the search.</summary>
    public string? Warning { get; init; }
}
