using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <summary>A part that was written, and the tickets in it.</summary>
internal sealed record WrittenPart(DateOnly Day, ulong Id, string Name, DayPart Entry, IReadOnlyList<CopiedTicket> Tickets);

/// <summary>Writes the due tickets of one day as a part, under a name of its own: what an interrupted run wrote is swept away, not taken up.</summary>
internal sealed class PartMove(ColdParts parts, ColdQueue queue, DueTickets due, string shard, TimeProvider time)
{
    /// <param name="tickets">All of one day, in order of id.</param>
    /// <returns>Null when none of them is due any more.</returns>
    public async Task<WrittenPart?> WriteAsync(ReadOnlyMemory<DueTicket> tickets, CancellationToken cancellationToken)
    {
        var (day, partId) = (tickets.Span[0].Day, PartName.NewId());
        await using var upload = parts.Create(PartName.Of(queue.Name, day, partId));
        using var writer = new PartWriter(upload);
        var copied = new List<CopiedTicket>(tickets.Length);
        await foreach (var (ticketId, version, json) in due.DocumentsAsync(tickets, cancellationToken))
        {
            await writer.AppendAsync(ticketId, json, cancellationToken);
            copied.Add(new CopiedTicket(ticketId, version, partId));
        }

        if (copied.Count == 0)
            return null;
        var entry = DayPart.From(partId, await writer.CompleteAsync(cancellationToken)) with { At = time.GetUtcNow().ToUnixTimeSeconds(), Pending = shard };
        await upload.CommitAsync(PartMetadata.Of(entry), cancellationToken);
        return new WrittenPart(day, partId, upload.Name, entry, copied);
    }
}
