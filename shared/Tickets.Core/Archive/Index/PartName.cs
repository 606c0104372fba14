using System.Globalization;

namespace Tickets.Core.Archive.Index;

/// <summary>Where a part is: <c>QUEUE/day=yyyy-MM-dd/ID.jsonl.gz</c>, the queue escaped, the id as 16 hex digits. The form <c>day=</c> is Hive's, which query engines read as a column.</summary>
internal static class PartName
{
    public const string Extension = ".jsonl.gz";

    public static string Of(string queue, DateOnly day, ulong partId) => $"{QueueKey.Escape(queue)}/day={Format(day)}/{Format(partId)}{Extension}";

    public static string Format(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    public static string Format(ulong partId) => partId.ToString("x16", CultureInfo.InvariantCulture);
    public static DateOnly ParseDay(string day) => DateOnly.ParseExact(day, "yyyy-MM-dd", CultureInfo.InvariantCulture);
    public static ulong ParseId(string partId) => ulong.Parse(partId, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
