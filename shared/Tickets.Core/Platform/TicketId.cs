using System.Globalization;

namespace Tickets.Core.Platform;

/// <summary>Ticket ids on the wire: a positive int64 in decimal digits, as a string, because JSON numbers lose digits in many clients.</summary>
public static class TicketId
{
    public static string Format(long id) => id.ToString(CultureInfo.InvariantCulture);

    public static bool TryParse(string text, out long id) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id > 0 && text[0] != '0';
}
