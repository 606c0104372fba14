using System.Globalization;
using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Archive.Scan;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Search;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Reading;
using Tickets.Core.Ticketing.Requests;

namespace Tickets.Core.Operations.Scans;

/// <summary>A scan of the cold tier as asked, checked. It travels as JSON.</summary>
/// <param name="From">The first creation day, included.</param>
/// <param name="To">The last creation day, included.</param>
/// <param name="Projection">Null asks for everything; the ticket's id always comes.</param>
public sealed record ScanRequest(string Queue, DateOnly From, DateOnly To, IReadOnlyList<ScanTest> Tests, IReadOnlyList<string>? Projection)
{
    private static readonly DateOnly FirstDay = new(1900, 1, 1);

    /// <summary>Reads <c>{"query", "from"?, "to"?, "projection"?}</c>; the query is that of a search.</summary>
    public static async Task<Result<ScanRequest>> ReadAsync(JsonElement body, SettingsCache settings, Caller caller, TimeProvider clock, CancellationToken cancel)
    {
        if (!body.TryGetProperty("query", out var asked) || asked.ValueKind != JsonValueKind.Object)
            return Problems.Invalid("/query", "This member is required: an object with at least a queue.");
        if (!asked.TryGetProperty("queue", out var name) || name.ValueKind != JsonValueKind.String)
            return Problems.Invalid("/query/queue", "This member is required: the name of a queue.");
        if (!caller.Reaches(name.GetString()!))
            return Problems.ForbiddenQueue(name.GetString()!);
        if (await settings.FindQueueAsync(name.GetString()!, cancel) is not { } queue)
            return Problems.QueueNotFound(name.GetString()!, "/query/queue");

        var (errors, unknown) = (new List<ProblemError>(), new List<ProblemError>());
        var reader = new ObjectReader(body, "", errors);
        var query = reader.Object("query")!;
        var tests = TicketSearch.ReadCriteria(query, queue.Workflow, errors).Select(Test).ToList();
        if (TicketFields.TicketIdOf(query, "ticket_id") is { } id)
            tests.Add(new ScanTest("ticket_id", false, TicketId.Format(id)));
        var from = Day(reader, "from") ?? FirstDay;
        var to = Day(reader, "to") ?? DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var projection = reader.Texts("projection", 100);
        _ = Ticketing.Reading.Projection.Parse(projection, "/projection", errors);
        query.Finish(unknown);
        reader.Finish(unknown);
        if (to < from)
            reader.Fault("to", "The last day is before the first.");
        if (unknown.Count > 0)
            return Problems.UnknownMembers(unknown);
        return errors.Count > 0 ? Problems.Invalid(errors) : new ScanRequest(queue.Name, from, to, tests, projection);
    }

    internal Projection ReadProjection() => Ticketing.Reading.Projection.Parse(Projection is null ? null : [.. Projection.Append("ticket_id").Distinct(StringComparer.Ordinal)], "", [])!;

    private static ScanTest Test(Criterion criterion) => criterion switch
    {
        { Field: "resolution_status" } => new ScanTest("resolution", false, null, criterion.IsSet == true),
        // Ids are text in a document.
        { Field: "parent_id", Column: "parent_id", Value: { } parent } => new ScanTest("parent_id", false, TicketId.Format(parent.Number)),
        _ => new ScanTest(criterion.Field, criterion.Column is ['i' or 's', >= '1' and <= '5'], criterion.Value, criterion.IsSet ?? true),
    };

    private static DateOnly? Day(ObjectReader reader, string member)
    {
        if (reader.Text(member) is not { } text)
            return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
            return day;
        reader.Fault(member, "Expected a day such as 2026-01-31.");
        return null;
    }
}
