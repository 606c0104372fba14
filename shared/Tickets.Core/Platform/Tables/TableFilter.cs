using System.Globalization;

namespace Tickets.Core.Platform.Tables;

/// <summary>Literals of the table service's filter language.</summary>
internal static class TableFilter
{
    public static string Literal(object? value) => value switch
    {
        string text => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'",
        bool flag => flag ? "true" : "false",
        int number => number.ToString(CultureInfo.InvariantCulture),
        long number => number.ToString(CultureInfo.InvariantCulture) + "L",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        Guid guid => $"guid'{guid}'",
        DateTimeOffset time => $"datetime'{Time(time)}'",
        byte[] binary => $"X'{Convert.ToHexString(binary)}'",
        _ => throw new NotSupportedException($"A filter cannot compare with {value?.GetType().Name ?? "null"}."),
    };

    public static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture);
}
