namespace Tickets.Core.Archive;

/// <summary>The answer to a lookup in the cold tier.</summary>
/// <param name="Json">The ticket's document: UTF-8 JSON as <c>GET /tickets/{id}</c> answers it, without <c>tier</c>; null when no queue asked has the ticket.</param>
/// <param name="Queue">The queue it was found in.</param>
/// <param name="StorageRequests">What it took: 1 as a rule.</param>
/// <param name="Day">The creation day, which tells where the ticket lies.</param>
/// <param name="Crossed">The ticket went from one tier to the other lately. Missed all the same, it may have been on its way each time it was looked for.</param>
public sealed record ColdLookup(ReadOnlyMemory<byte>? Json, string? Queue, int StorageRequests, DateOnly Day = default, bool Crossed = false);
