using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tickets.Contracts;

namespace Tickets.Local.Demo;

/// <summary>
/// Holds a ticket against the report that it was made of. Written out column by column and not derived from the import's mapping,
/// which would only compare the import with itself.
/// </summary>
internal static class ContentCheck
{
    private static readonly (string Column, string Field)[] IndexedTexts =
    [
        ("Origin State", "state"), ("Aircraft Airline Operator", "operator"), ("Phase of flight", "phase"), ("Wildlife Species", "species"), ("Effect Amount of damage", "damage"),
    ];

    private static readonly (string Column, string Field)[] IndexedNumbers = [("Cost Total $", "cost"), ("Speed IAS in knots", "speed")];

    private static readonly (string Column, string Block, string Member)[] BlockTexts =
    [
        ("Airport Name", "flight", "airport"), ("Aircraft Make Model", "flight", "aircraft"), ("Flight Date", "flight", "date"), ("Time of day", "flight", "time_of_day"),
        ("Wildlife Size", "strike", "wildlife_size"),
    ];

    private static readonly (string Column, string Block, string Member)[] BlockNumbers = [("Cost Repair", "damage", "repair_cost"), ("Cost Other", "damage", "other_cost")];

    /// <returns>A sentence for each difference; none when the ticket holds the report, whole and unchanged, in the state that was acknowledged.</returns>
    public static IReadOnlyList<string> Faults(Known known, Ticket ticket)
    {
        var report = known.Report ?? throw new ArgumentException("The ticket comes from no report.", nameof(known));
        List<string> faults = [];
        Compare("status", known.Status, ticket.Status);
        Compare("resolution", known.Resolution, ticket.Resolution);
        Compare("version", known.Version.ToString(CultureInfo.InvariantCulture), ticket.Version?.ToString(CultureInfo.InvariantCulture));
        Compare("created_at", Cell("Flight Date") + "T00:00:00Z", ticket.CreatedAt?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));

        foreach (var (column, field) in IndexedTexts) Compare(field, Cell(column), Indexed(field)?.Text);
        foreach (var (column, field) in IndexedNumbers) Compare(field, Cell(column), Indexed(field) is { IsText: false } value ? value.ToString() : null);
        foreach (var (column, block, member) in BlockTexts) Compare($"{block}.{member}", Cell(column), Member(block, member, JsonValueKind.String)?.GetString());
        foreach (var (column, block, member) in BlockNumbers) Compare($"{block}.{member}", Cell(column), Member(block, member, JsonValueKind.Number)?.GetRawText());
        if (known.Resolution == "fixed") Compare("repair.cost", Cell("Cost Total $"), Member("repair", "cost", JsonValueKind.Number)?.GetRawText());
        return faults;

        string? Cell(string column) => (string?)report[column] is { Length: > 0 } text ? text : null;

        IndexedValue? Indexed(string field) => ticket.IndexedMeta is { } indexed && indexed.TryGetValue(field, out var value) ? value : (IndexedValue?)null;

        JsonElement? Member(string block, string member, JsonValueKind kind) =>
            ticket.Meta is { } meta && meta.TryGetValue(block, out var found) && found.Data.TryGetProperty(member, out var value) && value.ValueKind == kind ? value : null;

        void Compare(string what, string? wanted, string? found)
        {
            if (wanted != found) faults.Add($"ticket {ticket.TicketId}: {what} is {found ?? "missing"}, not {wanted ?? "missing"}");
        }
    }
}
