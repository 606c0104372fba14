using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Platform;

namespace Tickets.Core.Ticketing.Rules;

/// <summary>The <c>expected</c> part of an update.</summary>
internal static class Conditions
{
    /// <summary>Every condition that does not hold, with what stands instead; null when all hold.</summary>
    public static Problem? Unmet(TicketState ticket, UpdateTicket command)
    {
        List<UnmetCondition>? unmet = null;
        foreach (var expectation in command.Expected)
            Check(expectation);
        if (command.IfMatch is { } version)
            Check(new ExpectedVersion(version));

        if (unmet is null)
            return null;
        var problem = Problems.UnmetConditions(unmet);
        return command.IfMatch is not null && command.IfMatch != ticket.Version ? problem with { Status = 412 } : problem;

        void Check(Expectation expectation)
        {
            if (!Holds(ticket, expectation))
                (unmet ??= []).Add(Describe(ticket, expectation));
        }
    }

    private static bool Holds(TicketState ticket, Expectation expectation) => expectation switch
    {
        ExpectedVersion expected => ticket.Version == expected.Version,
        ExpectedStatus expected => ticket.Status == expected.Status,
        ExpectedResolution expected => ticket.Resolution == expected.Resolution,
        ExpectedBlock expected => ticket.Block(expected.Block) is var block
            && (expected.Exists is null || expected.Exists == block.Exists)
            && (expected.Version is null || (block.Exists && expected.Version == block.Version)),
        _ => throw new InvalidOperationException($"No rule for {expectation}."),
    };

    private static UnmetCondition Describe(TicketState ticket, Expectation expectation) => expectation switch
    {
        ExpectedVersion expected => new(expected.Condition, Json(expected.Version), Json(ticket.Version)),
        ExpectedStatus expected => new(expected.Condition, Json(expected.Status), Json(ticket.Status)),
        ExpectedResolution expected => new(expected.Condition, Json(expected.Resolution), Json(ticket.Resolution)),
        ExpectedBlock expected => new(expected.Condition, Json(expected.Version, expected.Exists), Actual(ticket.Block(expected.Block))),
        _ => throw new InvalidOperationException($"No rule for {expectation}."),
    };

    private static JsonElement Actual(BlockState block) => block.Exists ? Json(block.Version, null) : Json(null, exists: false);

    private static JsonElement Json(long value) => Parse(value.ToString());

    private static JsonElement Json(string? value) => Parse(value is null ? "null" : $"\"{JsonEncodedText.Encode(value)}\"");

    /// <summary>A block's state in the words of a condition.</summary>
    private static JsonElement Json(long? version, bool? exists)
    {
        var parts = new List<string>(2);
        if (version is { } number)
            parts.Add($"\"version\":{number}");
        if (exists is { } flag)
            parts.Add($"\"exists\":{(flag ? "true" : "false")}");
        return Parse($"{{{string.Join(',', parts)}}}");
    }

    private static JsonElement Parse(string json) => JsonElement.Parse(json);
}
