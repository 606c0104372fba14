namespace Tickets.Core.Archive.Format;

/// <summary>What a part is, as its writer or a complete reading of it found.</summary>
/// <param name="Bytes">Stored length.</param>
/// <param name="RawBytes">Length of all documents with their newlines, uncompressed.</param>
/// <param name="Ids">The ids, when they are few: see <see cref="IdSet"/>.</param>
/// <param name="RawHash">SHA-256 of all documents with their newlines, uncompressed: equal for equal content, however it was compressed.</param>
/// <param name="Sha256">SHA-256 of the stored bytes.</param>
internal sealed record PartSummary(
    long MinId, long MaxId, long Tickets, long Bytes, long RawBytes, long IndexOffset, int IndexLength, byte[]? Ids, byte[] RawHash, byte[] Sha256);
