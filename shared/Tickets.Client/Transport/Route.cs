using System.Text;

namespace Tickets.Client.Transport;

/// <summary>Writes paths and queries with their values escaped; parameters without a value are left out.</summary>
internal static class Route
{
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

    public static string Ticket(string ticketId, string rest = "") => "/tickets/" + Uri.EscapeDataString(ticketId) + rest;

    public static string? Join(IReadOnlyList<string>? names) => names is null ? null : string.Join(',', names);
}
