using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <summary>A part that was written, and the tickets in it.</summary>
internal sealed record WrittenPart(DateOnly Day, string Name, DayPart Entry, IReadOnlyList<(long TicketId, long Version)> Tickets);

/// <summary>
/// Writes the due tickets of one day as a part. Its name comes from their ids and versions, so a run that repeats an interrupted one finds the part that
/// is there already and goes on with it.
/// </summary>
internal sealed class PartMove(ColdParts parts, ColdQueue queue, DueTickets due, ILogger log)
{
    private const int MaxNames = 8;

    /// <param name="tickets">All of one day, in order of id.</param>
    /// <returns>Null when none of them is due any more.</returns>
    public async Task<WrittenPart?> WriteAsync(ReadOnlyMemory<DueTicket> tickets, CancellationToken cancellationToken)
    {
        var day = tickets.Span[0].Day;
        for (byte attempt = 0; attempt < MaxNames; attempt++)
        {
            var partId = PartId(tickets.Span, attempt);
            await using var upload = parts.Create(PartName.Of(queue.Name, day, partId));
            using var writer = new PartWriter(upload);
            var moved = new List<(long TicketId, long Version)>(tickets.Length);
            await foreach (var (ticketId, version, json) in due.DocumentsAsync(tickets, cancellationToken))
            {
                await writer.AppendAsync(ticketId, json, cancellationToken);
                moved.Add((ticketId, version));
            }

            if (moved.Count == 0)
                return null;
            var part = await writer.CompleteAsync(cancellationToken);
            if (await upload.CommitAsync(Metadata(part), cancellationToken))
                return new WrittenPart(day, upload.Name, DayPart.From(partId, part), moved);
            if (await ExistingAsync(upload.Name, part, cancellationToken) is { } existing)
                return new WrittenPart(day, upload.Name, DayPart.From(partId, existing), moved);
            log.PartTaken(upload.Name);
        }

        throw new InvalidOperationException($"{MaxNames} parts of day {PartName.Format(day)} of queue '{queue.Name}' exist with other content.");
    }

    /// <summary>The part that has the name already, if it holds the same documents; its compression may differ.</summary>
    private async Task<PartSummary?> ExistingAsync(string name, PartSummary wanted, CancellationToken cancellationToken)
    {
        try
        {
            var existing = await parts.CheckAsync(name, cancellationToken);
            return existing.RawHash.AsSpan().SequenceEqual(wanted.RawHash) ? existing : null;
        }
        catch (DamagedPartException)
        {
            // Unusable, and no ticket left the hot tier on its account: the caller logs it and takes another name.
            return null;
        }
    }

    /// <summary>On the blob itself, so that the index can be made again from a listing of the blobs.</summary>
    private static Dictionary<string, string> Metadata(PartSummary part) => new(StringComparer.Ordinal)
    {
        ["format"] = PartTail.Version.ToString(),
        ["min_id"] = part.MinId.ToString(),
        ["max_id"] = part.MaxId.ToString(),
        ["tickets"] = part.Tickets.ToString(),
        ["raw_bytes"] = part.RawBytes.ToString(),
        ["index_offset"] = part.IndexOffset.ToString(),
        ["index_length"] = part.IndexLength.ToString(),
        ["sha256"] = Convert.ToHexStringLower(part.Sha256),
    };

    private static ulong PartId(ReadOnlySpan<DueTicket> tickets, byte attempt)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> ticket = stackalloc byte[16];
        foreach (var due in tickets)
        {
            BinaryPrimitives.WriteInt64LittleEndian(ticket, due.TicketId);
            BinaryPrimitives.WriteInt64LittleEndian(ticket[8..], due.Version);
            hash.AppendData(ticket);
        }

        hash.AppendData([attempt]);
        return BinaryPrimitives.ReadUInt64BigEndian(hash.GetHashAndReset());
    }
}
