using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Reading;
using Tickets.Core.Ticketing.Requests;
using Tickets.Core.Workflows;

namespace Tickets.Core.Search;

/// <summary>One equality on a column, or a test for emptiness.</summary>
/// <param name="Field">The name in the query: <c>status</c>, <c>group</c>, or that of an indexed field.</param>
internal sealed record Criterion(string Field, string Column, IndexedValue? Value, bool? IsSet = null);

/// <summary>A search as asked (T5), checked.</summary>
internal sealed record TicketSearch(QueueSettings Queue, IReadOnlyList<Criterion> Criteria, long? TicketId, Projection Projection, int Limit, long After, JsonElement Query)
{
    public const int MaxLimit = 1000;

    private static readonly string[] Members = ["query", "projection", "limit", "cursor", "include_cold"];
    private static readonly string[] QueryMembers = ["queue", "status", "resolution_status", "resolution", "ticket_id", "group", "parent_id", "indexed_meta"];
    private const int DefaultLimit = 100;

    /// <summary>The fields that the search gives, sorted: searches with the same ones want the same index.</summary>
    public string FieldNames { get; } = string.Join(",", Criteria.Select(criterion => criterion.Field).Concat(TicketId is null ? [] : ["ticket_id"]).Order(StringComparer.Ordinal));

    /// <summary>Members that no search has; asked before the queue is looked for.</summary>
    public static Problem? Strangers(JsonElement body)
    {
        var unknown = new List<ProblemError>();
        var reader = new ObjectReader(body, "", []);
        reader.Finish(unknown, Members);
        reader.Object("query")?.Finish(unknown, QueryMembers);
        return unknown.Count > 0 ? Problems.UnknownMembers(unknown) : null;
    }

    /// <summary>Reads a body that has no <see cref="Strangers"/>.</summary>
    public static Result<TicketSearch> Read(JsonElement body, QueueSettings queue, SearchCursors cursors)
    {
        var errors = new List<ProblemError>();
        var reader = new ObjectReader(body, "", errors);
        var query = reader.Object("query")!;
        var criteria = ReadCriteria(query, queue.Workflow, errors);
        var ticketId = TicketFields.TicketIdOf(query, "ticket_id");
        var projection = Projection.Parse(reader.Texts("projection", 100), "/projection", errors);
        var limit = reader.Integer("limit", 1, MaxLimit) ?? DefaultLimit;
        var cursor = reader.Text("cursor", 4096);
        if (reader.Flag("include_cold") == true)
            reader.Fault("include_cold", "A search reads the hot tier only. POST /cold/scans goes through the cold tier, as a long operation.");
        if (errors.Count > 0)
            return Problems.Invalid(errors);

        var after = 0L;
        if (cursor is not null && !cursors.TryRead(cursor, ShapeOf(query.Source), out after))
            return Problems.InvalidCursor("The cursor was not issued for this query. Send next_cursor unchanged with the query that answered it, or leave it out to begin anew.");
        return new TicketSearch(queue, criteria, ticketId, projection!, limit, after, query.Source);
    }

    /// <summary>Binds cursors to their query.</summary>
    public Guid Shape => ShapeOf(Query);

    private static Guid ShapeOf(JsonElement query) => ContentHash.Of(query, scope: "find\n");

    /// <summary>The conditions of a query object but for its ticket id.</summary>
    public static List<Criterion> ReadCriteria(ObjectReader query, WorkflowRules workflow, List<ProblemError> errors)
    {
        var criteria = new List<Criterion>();
        _ = query.RequiredText("queue");
        Add("status", "status", query.Text("status"));
        Add("resolution", "resolution", query.Text("resolution"));
        Add("group", "group_name", query.Text("group", TicketFields.MaxGroupBytes));
        if (TicketFields.TicketIdOf(query, "parent_id") is { } parent)
            criteria.Add(new Criterion("parent_id", "parent_id", parent));
        switch (query.Text("resolution_status"))
        {
            case "resolved":
                criteria.Add(new Criterion("resolution_status", "resolution", null, IsSet: true));
                break;
            case "noresolution":
                criteria.Add(new Criterion("resolution_status", "resolution", null, IsSet: false));
                break;
            case null or "any":
                break;
            default:
                query.Fault("resolution_status", "Expected resolved, noresolution or any.");
                break;
        }

        if (query.Object("indexed_meta") is { } indexed)
        {
            foreach (var member in indexed.Source.EnumerateObject())
            {
                var write = TicketFields.Indexed(workflow, member.Name, member.Value, indexed.PointerOf(member.Name), errors);
                if (write is { Value: { } value })
                    criteria.Add(new Criterion(member.Name, write.Field.Column, value));
                else if (write is not null)
                    criteria.Add(new Criterion(member.Name, write.Field.Column, null, IsSet: false));
            }
        }

        return criteria;

        void Add(string field, string column, string? value)
        {
            if (value is not null)
                criteria.Add(new Criterion(field, column, value));
        }
    }
}
