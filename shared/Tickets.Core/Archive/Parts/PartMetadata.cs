using System.Globalization;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;

namespace Tickets.Core.Archive.Parts;

/// <summary>What a day's row says of a part, on the blob itself: so the rows can be made again from a listing of the blobs.</summary>
internal static class PartMetadata
{
    public static Dictionary<string, string> Of(DayPart part, long? retiredAt = null)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = PartTail.Version.ToString(),
            ["min_id"] = part.MinId.ToString(),
            ["max_id"] = part.MaxId.ToString(),
            ["tickets"] = part.Tickets.ToString(),
            ["raw_bytes"] = part.RawBytes.ToString(),
            ["index_offset"] = part.IndexOffset.ToString(),
            ["index_length"] = part.IndexLength.ToString(),
            ["sha256"] = part.Sha256,
            ["at"] = part.At.ToString(),
        };
        if (part.Ids is not null)
            metadata["ids"] = Convert.ToBase64String(part.Ids);
        if (part.Gone is not null)
            metadata["gone"] = Convert.ToBase64String(part.Gone);
        if (part.Tier is not null)
            metadata["tier"] = part.Tier;
        if (retiredAt is { } at)
            metadata["retired"] = at.ToString();
        return metadata;
    }

    public static bool IsRetired(StoredPart blob) => blob.Metadata.ContainsKey("retired");

    /// <summary>Null when the blob does not carry all that a row needs.</summary>
    public static DayPart? Read(StoredPart blob, string partId)
    {
        var m = blob.Metadata;
        if (!(Number("min_id") is { } min && Number("max_id") is { } max && Number("tickets") is { } tickets && Number("raw_bytes") is { } raw
            && Number("index_offset") is { } offset && Number("index_length") is { } length && m.TryGetValue("sha256", out var sha256)))
            return null;
        return new DayPart(partId, min, max, tickets, blob.Bytes, raw, sha256, offset, (int)length, Bytes("ids"))
        {
            At = Number("at") ?? blob.WrittenAt.ToUnixTimeSeconds(),
            Gone = Bytes("gone"),
            Tier = m.TryGetValue("tier", out var tier) ? tier : null,
        };

        long? Number(string key) => m.TryGetValue(key, out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : null;
        byte[]? Bytes(string key) => m.TryGetValue(key, out var text) ? Convert.FromBase64String(text) : null;
    }
}
