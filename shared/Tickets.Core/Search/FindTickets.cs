using System.Buffers;
using System.Text.Json;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Reading;

namespace Tickets.Core.Search;

/// <summary>Finds hot tickets by equality, in order of ticket id, a page at a time (T5). A queue split over shards answers as one (T8).</summary>
public sealed class FindTickets
{
    private readonly ShardSet _shards;
    private readonly SettingsCache _settings;
    private readonly SearchCursors _cursors;

    internal FindTickets(ShardSet shards, SettingsCache settings, SearchCursors cursors) => (_shards, _settings, _cursors) = (shards, settings, cursors);

    /// <returns>The body of the answer.</returns>
    public async Task<Result<ReadOnlyMemory<byte>>> FindAsync(JsonElement body, Caller caller, CancellationToken cancel)
    {
        if (!body.TryGetProperty("query", out var query) || query.ValueKind != JsonValueKind.Object)
            return Problems.Invalid("/query", "This member is required: an object with at least a queue.");
        if (!query.TryGetProperty("queue", out var name) || name.ValueKind != JsonValueKind.String)
            return Problems.Invalid("/query/queue", "This member is required: the name of a queue.");
        if (!caller.Reaches(name.GetString()!))
            return Problems.ForbiddenQueue(name.GetString()!);
        if (await _settings.FindQueueAsync(name.GetString()!, cancel) is not { } queue)
            return Problems.QueueNotFound(name.GetString()!, "/query/queue");

        var read = TicketSearch.Read(body, queue, _cursors);
        if (read.IsProblem)
            return read.Problem;
        var search = read.Value;
        var pages = await Task.WhenAll(queue.Shards.Select(shard => ReadPageAsync(search, _shards[shard], cancel)));
        return Merge(search, pages);
    }

    private static async Task<List<FoundTicket>> ReadPageAsync(TicketSearch search, Shard shard, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand();
        command.CommandText = TicketRows.Select(search.Queue, search.Projection, Where(search, command), blocksParameter: command.Parameters.Count + 1);
        if (search.Projection.Blocks.Count > 0)
            command.Parameters.Add(Sql.Array([.. search.Projection.Blocks]));

        var buffer = new ArrayBufferWriter<byte>(4096);
        await using var writer = new Utf8JsonWriter(buffer, TicketJson.Options);
        var starts = new List<int>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var tickets = await TicketRows.WriteAsync(
            reader,
            search.Queue,
            search.Projection,
            _ =>
            {
                writer.Flush();
                writer.Reset();
                starts.Add(buffer.WrittenCount);
                return writer;
            },
            cancel);
        await writer.FlushAsync(cancel);
        return tickets.Select((ticket, i) => new FoundTicket(ticket.TicketId, buffer.WrittenMemory[starts[i]..(i + 1 < starts.Count ? starts[i + 1] : buffer.WrittenCount)])).ToList();
    }

    /// <summary>One ticket more than the page holds tells whether there is a next page.</summary>
    private static string Where(TicketSearch search, NpgsqlCommand command)
    {
        var conditions = new List<string>();
        foreach (var criterion in search.Criteria)
        {
            if (criterion.Value is { } value)
                conditions.Add($"{criterion.Column} = {Parameter(value.Text is { } text ? Sql.Value(text) : Sql.Value(value.Number))}");
            else
                conditions.Add($"{criterion.Column} is {(criterion.IsSet == true ? "not " : "")}null");
        }

        if (search.TicketId is { } id)
            conditions.Add($"ticket_id = {Parameter(Sql.Value(id))}");
        conditions.Add($"ticket_id > {Parameter(Sql.Value(search.After))}");
        return $"{string.Join(" and ", conditions)} order by ticket_id limit {Parameter(Sql.Value((long)search.Limit + 1))}";

        string Parameter(NpgsqlParameter parameter)
        {
            command.Parameters.Add(parameter);
            return $"${command.Parameters.Count}";
        }
    }

    private ReadOnlyMemory<byte> Merge(TicketSearch search, List<FoundTicket>[] pages)
    {
        var tickets = pages.Length == 1 ? pages[0] : pages.SelectMany(page => page).OrderBy(ticket => ticket.TicketId).ToList();
        var shown = Math.Min(tickets.Count, search.Limit);
        var body = new ArrayBufferWriter<byte>(tickets.Sum(ticket => ticket.Json.Length + 1) + 512);
        using var writer = new Utf8JsonWriter(body, TicketJson.Options);
        writer.WriteStartObject();
        writer.WriteStartArray("tickets"u8);
        for (var i = 0; i < shown; i++)
            writer.WriteRawValue(tickets[i].Json.Span, skipInputValidation: true);
        writer.WriteEndArray();
        if (tickets.Count > shown)
            writer.WriteString("next_cursor"u8, _cursors.Write(search.Shape, tickets[shown - 1].TicketId));
        if (IndexChoice.Warning(search) is { } warning)
            writer.WriteString("warning"u8, warning);
        writer.WriteEndObject();
        writer.Flush();
        return body.WrittenMemory;
    }

    private readonly record struct FoundTicket(long TicketId, ReadOnlyMemory<byte> Json);
}
