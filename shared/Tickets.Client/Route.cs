using System.Text;

namespace Tickets.Client;

/// <summary>Writes the path and query of a <see cref="TicketsRequest"/> with its values escaped.</summary>
public static class Route
{
    /// <summary>Parameters without a value are left out.</summary>
    public static string To(string path, params ReadOnlySpan<(string Name, string? Value)> query)
    {
        var route = new StringBuilder(path);
        var mark = '?';
        foreach (var (name, value) in query)
        {
            if (value is null) continue;
            route.Append(mark).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            mark = '&';
        }
        return route.ToString();
    }

    /// <summary><c>/tickets/{ticketId}</c>, and what follows it.</summary>
    public static string Ticket(string ticketId, string rest = "") => "/tickets/" + Uri.EscapeDataString(ticketId) + rest;

    internal static string? Join(IReadOnlyList<string>? names) => names is null ? null : string.Join(',', names);
}
