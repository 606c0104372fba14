using System.Text.Json.Serialization;
using Tickets.Core.Archive.Format;

namespace Tickets.Core.Archive.Index;

/// <summary>A part as its day's row lists it.</summary>
/// <param name="Part">The part's id: 16 hex digits.</param>
/// <param name="Bytes">Stored length.</param>
/// <param name="RawBytes">Uncompressed length.</param>
/// <param name="Sha256">Of the stored bytes, hex.</param>
/// <param name="IndexOffset">Where the block index starts; the blocks are before it.</param>
/// <param name="Ids">An <see cref="IdSet"/>, when the part has one.</param>
internal sealed record DayPart(
    string Part, long MinId, long MaxId, long Tickets, long Bytes, long RawBytes, string Sha256, long IndexOffset, int IndexLength, byte[]? Ids)
{
    /// <summary>The longest list of <see cref="Gone"/> that a row should carry; beyond it the part is written anew without them.</summary>
    public const int MaxGoneBytes = 4096;

    /// <summary>When its newest ticket left the hot tier, in seconds of Unix time.</summary>
    public long At { get; init; }

    /// <summary>The hot shard that its tickets are leaving just now: of these only those count that the shard says have left.</summary>
    public string? Pending { get; init; }

    /// <summary>Tickets that are in the part and do not count, as an <see cref="IdList"/> below <c>MinId - 1</c>: they changed while they were copied, or were restored.</summary>
    public byte[]? Gone { get; init; }

    /// <summary>The access tier it was put in; null for the account's own.</summary>
    public string? Tier { get; init; }

    public static DayPart From(ulong partId, PartSummary part) => new(
        PartName.Format(partId), part.MinId, part.MaxId, part.Tickets, part.Bytes, part.RawBytes,
        Convert.ToHexStringLower(part.Sha256), part.IndexOffset, part.IndexLength, part.Ids);

    /// <summary>Whether a part that was read is the one listed here.</summary>
    public bool IsOf(PartSummary part) => Sha256 == Convert.ToHexStringLower(part.Sha256) && Bytes == part.Bytes && Tickets == part.Tickets
        && MinId == part.MinId && MaxId == part.MaxId && IndexOffset == part.IndexOffset && IndexLength == part.IndexLength && Ids.AsSpan().SequenceEqual(part.Ids);

    public IReadOnlyList<long> GoneIds() => Gone is null ? [] : IdList.Decode(Gone, MinId - 1);

    public DayPart WithGone(IEnumerable<long> ids)
    {
        var gone = GoneIds().Concat(ids.Where(id => id >= MinId && id <= MaxId)).Distinct().Order().ToList();
        return this with { Gone = gone.Count == 0 ? null : IdList.Encode(MinId - 1, gone) };
    }
}

/// <summary>A part that is listed no more. Readers may hold it for a while; then its blob is deleted, and only then this entry.</summary>
/// <param name="At">Since when, in seconds of Unix time.</param>
internal sealed record RetiredPart(string Part, long At);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(DayPart))]
[JsonSerializable(typeof(DayPart[]))]
[JsonSerializable(typeof(RetiredPart))]
[JsonSerializable(typeof(RetiredPart[]))]
internal sealed partial class DayPartJson : JsonSerializerContext;
