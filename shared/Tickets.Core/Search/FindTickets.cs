using System.Buffers;
using System.Text.Json;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing;
using Tickets.Core.Ticketing.Reading;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Search;

/// <summary>Finds hot tickets by equality, in order of ticket id, a page at a time (T5). A queue split over shards answers as one (T8).</summary>
public sealed class FindTickets
{
    /// <summary>A page ends early when a shard's part of it is as large as this: a ticket may have 8 MiB, and a page a thousand tickets.</summary>
    private const int MaxPageBytes = 4 << 20;

    private readonly ShardSet _shards;
    private readonly SettingsCache _settings;
    private readonly SearchCursors _cursors;
    private readonly SearchStatistics _statistics;
    private readonly UnbuiltIndexes _unbuilt;
    private readonly UnservedSearches _unserved;
    private readonly Moves _moves;
    private readonly TimeProvider _clock;

    internal FindTickets(ShardSet shards, SettingsCache settings, SearchCursors cursors, SearchStatistics statistics, UnbuiltIndexes unbuilt, UnservedSearches unserved, Moves moves, TimeProvider clock) =>
        (_shards, _settings, _cursors, _statistics, _unbuilt, _unserved, _moves, _clock) = (shards, settings, cursors, statistics, unbuilt, unserved, moves, clock);

    /// <returns>The body of the answer.</returns>
    public async Task<Result<ReadOnlyMemory<byte>>> FindAsync(JsonElement body, Caller caller, CancellationToken cancel)
    {
        if (TicketSearch.Strangers(body) is { } strangers)
            return strangers;
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
        var warning = IndexChoice.Warning(search, await _unbuilt.OfAsync(queue, cancel));
        if (warning is not null && !_unserved.MayRun(queue.QueueId))
            return Problems.TooManyUnserved(warning);

        var start = _clock.GetTimestamp();
        var pages = await Task.WhenAll(queue.Shards.Select(shard => ReadPageAsync(search, _shards[shard], cancel)));
        if (_statistics.Count(search, pages.Sum(page => page.Tickets.Count), _clock.GetElapsedTime(start)))
            await SampleAsync(search, cancel);
        return Merge(search, pages, warning);
    }

    /// <summary>Has PostgreSQL say how many rows the search reads. The caller waits for it: one search in a hundred runs twice.</summary>
    private async Task SampleAsync(TicketSearch search, CancellationToken cancel)
    {
        foreach (var shard in search.Queue.Shards)
        {
            await using var command = _shards[shard].Database.CreateCommand();
            command.CommandText = $"explain (analyze, timing off, format json) select ticket_id from {search.Queue.TicketsTable} where {Where(search, command)}";
            var (read, returned) = ExplainedRows.Read((string)(await command.ExecuteScalarAsync(cancel))!);
            _statistics.CountSample(search, read, returned);
        }
    }

    private async Task<ShardPage> ReadPageAsync(TicketSearch search, Shard shard, CancellationToken cancel)
    {
        await using var connection = await shard.Database.OpenConnectionAsync(cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = TicketRows.Select(search.Queue, search.Projection, Where(search, command), blocksParameter: command.Parameters.Count + 1);
        if (search.Projection.Blocks.Count > 0)
            command.Parameters.Add(Sql.Array([.. search.Projection.Blocks]));

        var buffer = new ArrayBufferWriter<byte>(4096);
        await using var writer = new Utf8JsonWriter(buffer, JsonText.Options);
        var starts = new List<int>();
        var isFull = false;
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var tickets = await TicketRows.WriteAsync(
            reader,
            search.Queue,
            search.Projection,
            _ =>
            {
                writer.Flush();
                writer.Reset();
                isFull = buffer.WrittenCount > MaxPageBytes;
                if (isFull)
                    return null;
                starts.Add(buffer.WrittenCount);
                return writer;
            },
            cancel);
        if (isFull)
            command.Cancel(); // Or the reader would fetch the rest, to throw it away.
        await writer.FlushAsync(cancel);
        var left = await LeftAsync(tickets, cancel);
        return new ShardPage(isFull, tickets.Select((ticket, i) => new FoundTicket(ticket.TicketId, buffer.WrittenMemory[starts[i]..(i + 1 < starts.Count ? starts[i + 1] : buffer.WrittenCount)], left.Contains(ticket.TicketId) || search.Queue.ShardOf(ticket.TicketId) != shard.Name)).ToList());
    }

    /// <summary>Tickets that have arrived on another shard and are only still to be cleared away here.</summary>
    private async Task<IReadOnlySet<long>> LeftAsync(List<TicketState> tickets, CancellationToken cancel)
    {
        var left = new HashSet<long>();
        foreach (var moving in tickets.Where(ticket => ticket.MovingTo is not null).GroupBy(ticket => ticket.MovingTo!.Value))
            left.UnionWith(await _moves.ArrivedAsync(moving.Key, [.. moving], cancel));
        return left;
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

    private ReadOnlyMemory<byte> Merge(TicketSearch search, ShardPage[] pages, string? warning)
    {
        var tickets = pages.Length == 1 ? pages[0].Tickets : pages.SelectMany(page => page.Tickets).OrderBy(ticket => ticket.TicketId).ToList();
        // Of a shard whose part ended early nothing is known beyond its last ticket.
        var known = pages.Min(page => page.IsFull ? page.Tickets[^1].TicketId : long.MaxValue);
        var shown = Math.Min(tickets.Count(ticket => ticket.TicketId <= known), search.Limit);
        var body = new ArrayBufferWriter<byte>(tickets.Take(shown).Sum(ticket => ticket.Json.Length + 1) + 512);
        using var writer = new Utf8JsonWriter(body, JsonText.Options);
        writer.WriteStartObject();
        writer.WriteStartArray("tickets"u8);
        foreach (var ticket in tickets.Take(shown).Where(ticket => !ticket.Left))
            writer.WriteRawValue(ticket.Json.Span, skipInputValidation: true);
        writer.WriteEndArray();
        if (tickets.Count > shown || known < long.MaxValue)
            writer.WriteString("next_cursor"u8, _cursors.Write(search.Shape, tickets[shown - 1].TicketId));
        if (warning is not null)
            writer.WriteString("warning"u8, warning);
        writer.WriteEndObject();
        writer.Flush();
        return body.WrittenMemory;
    }

    /// <param name="IsFull">The shard has more of the page than fits.</param>
    private readonly record struct ShardPage(bool IsFull, List<FoundTicket> Tickets);

    /// <param name="Left">Counts for the page's position, but is not shown.</param>
    private readonly record struct FoundTicket(long TicketId, ReadOnlyMemory<byte> Json, bool Left);
}
