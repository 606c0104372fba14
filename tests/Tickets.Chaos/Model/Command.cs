namespace Tickets.Chaos.Model;

/// <summary>Something that a caller may ask. Tickets are named by when they were made (any number will do), so that a list of commands means something also when some are left out.</summary>
internal abstract record Command;

/// <param name="Again">Given twice with one nonce.</param>
internal sealed record Create(int Queue, long? Number, string? Block, bool Again) : Command;

/// <param name="VersionOff">0 expects the version that the ticket has, other numbers one that it has not; null expects none.</param>
/// <param name="Move">To the other queue, which lies on another shard.</param>
/// <param name="Again">Given twice with one idempotency key.</param>
internal sealed record Update(
    int Ticket, int? VersionOff, string? Status, string? Resolution, bool Clear, string? Block, string? Drop, long? Number, bool Move, bool Again) : Command;

internal sealed record Accept(int Ticket, string By) : Command;

/// <summary>Search by the indexed field.</summary>
internal sealed record Find(int Queue, long Number) : Command;

internal sealed record Read(int Ticket) : Command;
