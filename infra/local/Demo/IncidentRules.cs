using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tickets.Local.Demo;

/// <summary>The facts of a report that decide what becomes of it.</summary>
/// <param name="Damage">As reported: <c>None</c>, <c>Minor</c>, <c>Medium</c>, <c>Substantial</c> or a code.</param>
/// <param name="Cost">Total, in dollars.</param>
internal sealed record Incident(string Damage, long Cost, DateOnly Flown);

/// <summary>A change of status that a robot makes.</summary>
/// <param name="Repair">The <c>repair</c> block that it writes.</param>
internal sealed record Move(string To, string? Resolution = null, JsonElement? Repair = null)
{
    /// <summary>The <c>set</c> member of the update.</summary>
    public Dictionary<string, JsonElement> Set()
    {
        var set = new Dictionary<string, JsonElement> { ["status"] = JsonSerializer.SerializeToElement(To) };
        if (Resolution is not null) set["resolution"] = JsonSerializer.SerializeToElement(Resolution);
        if (Repair is { } repair) set["meta.repair"] = repair;
        return set;
    }
}

/// <summary>How the demo's robots work through the reports: chosen for the demo, not the FAA's.</summary>
internal static class IncidentRules
{
    public const long NeedsSignature = 100_000;
    public static readonly DateOnly WorkshopReached = new(2002, 6, 30);

    /// <summary>The rules in words, for the demo's output.</summary>
    public static readonly IReadOnlyList<string> InWords =
    [
        "no damage: reported → closed, no_damage",
        "minor, medium or substantial damage: reported → triaged → repaired, with a repair block → closed, fixed",
        $"but flown after {WorkshopReached:yyyy-MM-dd}: stays triaged, the workshop has not come to it",
        $"but a total cost of ${NeedsSignature:N0} or more: stays repaired, somebody has to sign",
        "damage in a code that nobody explained: stays reported, for a person to read",
    ];

    /// <returns>Null when the ticket stays where it is.</returns>
    public static Move? Next(string status, Incident incident) => (status, incident.Damage) switch
    {
        ("reported", "None") => new Move("closed", "no_damage"),
        ("reported", "Minor" or "Medium" or "Substantial") => new Move("triaged"),
        ("triaged", _) when incident.Flown <= WorkshopReached => new Move("repaired", Repair: Repair(incident)),
        ("repaired", _) when incident.Cost < NeedsSignature => new Move("closed", "fixed"),
        _ => null,
    };

    private static JsonElement Repair(Incident incident) => JsonSerializer.SerializeToElement(new JsonObject
    {
        ["work"] = incident.Damage switch { "Minor" => "patch", "Medium" => "replace part", _ => "overhaul" },
        ["cost"] = incident.Cost,
    });
}
