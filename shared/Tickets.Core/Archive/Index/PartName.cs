using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Tickets.Core.Archive.Index;

/// <summary>Where a part is: <c>QUEUE/day=yyyy-MM-dd/ID.jsonl.gz</c>, the queue escaped, the id as 16 hex digits. The form <c>day=</c> is Hive's, which query engines read as a column.</summary>
internal static class PartName
{
    public const string Extension = ".jsonl.gz";

    public static string Of(string queue, DateOnly day, ulong partId) => Of(queue, day, Format(partId));

    public static string Of(string queue, DateOnly day, string partId) => $"{Prefix(queue, day)}{partId}{Extension}";

    /// <summary>What the names of a day's parts start with.</summary>
    public static string Prefix(string queue, DateOnly day) => $"{QueueKey.Escape(queue)}/day={Format(day)}/";

    /// <summary>An id that no other part has or will have: names are never used a second time.</summary>
    public static ulong NewId() => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));

    /// <summary>False for a blob that is no part.</summary>
    public static bool TryParse(string name, out DateOnly day, out string partId)
    {
        (day, partId) = (default, "");
        var segments = name.Split('/');
        if (segments is not [_, var dayText, var file] || !dayText.StartsWith("day=", StringComparison.Ordinal) || !file.EndsWith(Extension, StringComparison.Ordinal))
            return false;
        partId = file[..^Extension.Length];
        return DateOnly.TryParseExact(dayText[4..], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out day)
            && partId.Length == 16 && ulong.TryParse(partId, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);
    }

    public static string Format(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    public static string Format(ulong partId) => partId.ToString("x16", CultureInfo.InvariantCulture);
    public static DateOnly ParseDay(string day) => DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture);
    public static ulong ParseId(string partId) => ulong.Parse(partId, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
