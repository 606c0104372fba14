using Tickets.Contracts;
using Tickets.Core.Settings;
using Tickets.Core.Workflows;

namespace Tickets.Core.Ticketing.Rules;

/// <summary>One change of one ticket, checked against everything that needs no database.</summary>
internal abstract record TicketCommand(QueueSettings Queue, long TicketId);

/// <summary>A block's new content: the caller's JSON text, untouched.</summary>
internal sealed record MetaWrite(string Block, string Json);

/// <summary>A value for an indexed field; null empties it.</summary>
internal sealed record FieldWrite(FieldSlot Field, IndexedValue? Value);

/// <param name="Content">Hash of the request; a retry with the same nonce must say the same.</param>
/// <param name="ExpiresAt">When nobody can use the nonce any more.</param>
internal sealed record NonceUse(Guid Content, DateTimeOffset ExpiresAt);

internal sealed record CreateTicket(QueueSettings Queue, long TicketId) : TicketCommand(Queue, TicketId)
{
    /// <summary>Null: made without a nonce.</summary>
    public NonceUse? Nonce { get; init; }
    public required string Status { get; init; }
    public string? Group { get; init; }
    public long? ParentId { get; init; }
    public DateTimeOffset? CreatedAt { get; init; }
    public IReadOnlyList<MetaWrite> Meta { get; init; } = [];
    public IReadOnlyList<FieldWrite> Indexed { get; init; } = [];

    /// <summary>A shard that the number was claimed for, where it is certain by now that the ticket was not made and never will be.</summary>
    public string? NotMadeOn { get; init; }
}

/// <summary>Claims a number on the nonce's home shard for a ticket on another one, so that two shards never use the same nonce.</summary>
/// <param name="For">The shard that is to make the ticket.</param>
internal sealed record ClaimNumber(CreateTicket Create, string For) : TicketCommand(Create.Queue, Create.TicketId);

/// <param name="Key">Hash of the caller's key id, the ticket's id and the Idempotency-Key.</param>
/// <param name="Content">Hash of the request.</param>
internal sealed record IdempotencyUse(Guid Key, Guid Content, DateTimeOffset ExpiresAt);

internal sealed record UpdateTicket(QueueSettings Queue, long TicketId) : TicketCommand(Queue, TicketId)
{
    public IReadOnlyList<Expectation> Expected { get; init; } = [];

    /// <summary>From <c>If-Match</c>: like <c>ticket.version</c>, refused with 412.</summary>
    public long? IfMatch { get; init; }
    public string? Status { get; init; }
    public string? Resolution { get; init; }
    public bool UnsetResolution { get; init; }
    public string? Group { get; init; }
    public bool UnsetGroup { get; init; }
    public QueueSettings? MoveTo { get; init; }
    public IReadOnlyList<MetaWrite> SetMeta { get; init; } = [];
    public IReadOnlyList<string> UnsetMeta { get; init; } = [];
    public IReadOnlyList<FieldWrite> Indexed { get; init; } = [];
    public IdempotencyUse? Idempotency { get; init; }

    /// <summary>Names of indexed fields that the update empties: with a move, fields of the queue that the ticket leaves.</summary>
    public IReadOnlyList<string> UnsetForMove { get; init; } = [];

    /// <summary>Whether it asks for no change at all: then it only checks its conditions.</summary>
    public bool ChangesNothing =>
        Status is null && Resolution is null && !UnsetResolution && Group is null && !UnsetGroup && MoveTo is null
        && SetMeta.Count == 0 && UnsetMeta.Count == 0 && Indexed.Count == 0;

    /// <summary>The meta blocks whose versions the decision needs.</summary>
    public IEnumerable<string> Blocks => SetMeta.Select(meta => meta.Block).Concat(UnsetMeta)
        .Concat(Expected.OfType<ExpectedBlock>().Select(block => block.Block));
}

internal sealed record AcceptTicket(QueueSettings Queue, long TicketId, string By) : TicketCommand(Queue, TicketId);

/// <summary>Puts a ticket that left another shard into its new queue; harmless to repeat.</summary>
/// <param name="Answers">To the idempotency keys of its updates so far.</param>
internal sealed record ArriveTicket(QueueSettings Queue, MovingTicket Ticket, IReadOnlyList<KeptAnswer> Answers) : TicketCommand(Queue, Ticket.TicketId);

/// <summary>Clears away what a ticket left behind on its old shard, once it has arrived; harmless to repeat, and to what the ticket does later.</summary>
/// <param name="Version">The version with which the ticket left.</param>
internal sealed record FinishDeparture(QueueSettings Queue, long TicketId, long Version) : TicketCommand(Queue, TicketId);

/// <summary>Puts an archived ticket back into the hot tier; harmless to repeat. Refused when the ticket was erased, or has been hot since it was read.</summary>
internal sealed record ReturnTicket(QueueSettings Queue, MovingTicket Ticket) : TicketCommand(Queue, Ticket.TicketId);

/// <summary>Takes a ticket out of the hot tier for good, if it is there, keeps it from coming back, and tells of it; harmless to repeat.</summary>
/// <param name="Version">Of a ticket that is archived; a hot one has its own.</param>
/// <param name="Day">Of its creation, likewise.</param>
/// <param name="Operation">That erases it.</param>
internal sealed record EraseTicket(QueueSettings Queue, long TicketId, long Version, string Status, DateOnly Day, string Operation) : TicketCommand(Queue, TicketId);

/// <summary>One condition of an update.</summary>
internal abstract record Expectation(string Condition);
internal sealed record ExpectedVersion(long Version) : Expectation("ticket.version");
internal sealed record ExpectedStatus(string Status) : Expectation("ticket.status");
internal sealed record ExpectedResolution(string? Resolution) : Expectation("ticket.resolution");

/// <summary>Either a version or existence (or both) of a meta block.</summary>
internal sealed record ExpectedBlock(string Block, long? Version, bool? Exists) : Expectation($"meta.{Block}");
