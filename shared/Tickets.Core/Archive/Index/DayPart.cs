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
    public static DayPart From(ulong partId, PartSummary part) => new(
        PartName.Format(partId), part.MinId, part.MaxId, part.Tickets, part.Bytes, part.RawBytes,
        Convert.ToHexStringLower(part.Sha256), part.IndexOffset, part.IndexLength, part.Ids);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DayPart))]
[JsonSerializable(typeof(DayPart[]))]
internal sealed partial class DayPartJson : JsonSerializerContext;
