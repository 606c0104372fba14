using System.Xml;

namespace Tickets.Core.Platform.Json;

/// <summary>Durations on the wire, such as <c>PT4H</c> or <c>P7D</c>. Years and months are refused: their length is not fixed.</summary>
internal static class Iso8601Duration
{
    public static bool TryParse(string text, out TimeSpan time)
    {
        time = default;
        var date = text.AsSpan(0, text.IndexOf('T', StringComparison.Ordinal) is var t and >= 0 ? t : text.Length);
        if (text.Length is < 2 or > 40 || date.ContainsAny('Y', 'M') || text.Any(char.IsWhiteSpace))
            return false;
        try
        {
            time = XmlConvert.ToTimeSpan(text);
            return true;
        }
        catch (Exception fault) when (fault is FormatException or OverflowException)
        {
            return false;
        }
    }

    public static string Format(TimeSpan time) => XmlConvert.ToString(time);
}
