using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing;
using Tickets.Core.Ticketing.Reading;

namespace Tickets.Core.Oplog;

/// <summary>
/// The change log over HTTP (T6). Opids are dense and in commit order, so a position is one number a shard: nothing is skipped,
/// nothing comes twice.
/// </summary>
public sealed partial class ReadOplog
{
    public const int MaxOps = 1000;
    public const int MaxWaitSeconds = 60;

    // A filter looks at so many ops a request and then answers with a cursor past them, so that no request scans the whole log.
    private const int Window = 20_000;
    private const int BusyDelay = 0;
    private const int IdleDelay = 500;

    private readonly ShardSet _shards;
    private readonly SettingsCache _settings;
    private readonly OplogCursors _cursors;
    private readonly OplogHeads _heads;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    internal ReadOplog(ShardSet shards, SettingsCache settings, OplogCursors cursors, OplogHeads heads, TimeProvider clock, ILogger<ReadOplog> logger) =>
        (_shards, _settings, _cursors, _heads, _clock, _logger) = (shards, settings, cursors, heads, clock, logger);

    /// <param name="cursor">Null: from the oldest kept op; <c>now</c>: from here on.</param>
    /// <param name="queueName">Only this queue's ops.</param>
    /// <param name="wait">Waits so long for the first op.</param>
    /// <returns>The body of the answer.</returns>
    public async Task<Result<ReadOnlyMemory<byte>>> ReadAsync(string? cursor, int maxOps, string? queueName, TimeSpan wait, Caller caller, CancellationToken cancel)
    {
        var filter = await FilterAsync(queueName, caller, cancel);
        if (filter.IsProblem)
            return filter.Problem;
        var start = await PositionsAsync(cursor, cancel);
        if (start.IsProblem)
            return start.Problem;

        var positions = start.Value;
        var began = _clock.GetTimestamp();
        while (true)
        {
            var pages = await Task.WhenAll(positions.Select(position => TryReadShardAsync(_shards[position.Key], position.Value, maxOps, filter.Value, cancel)));
            await KnowQueuesAsync(pages, caller, cancel);
            if (Array.Exists(pages, page => page.Trimmed))
                return Problems.CursorExpired(_cursors.Write(await OldestAsync(cancel)));
            var ops = pages.SelectMany(InTurn).OrderBy(op => op.Turn).ThenBy(op => op.Op.Shard, StringComparer.Ordinal).ThenBy(op => op.Op.Opid).Select(op => op.Op).Take(maxOps).ToList();
            var next = pages.ToDictionary(page => page.Shard, page => NextPosition(page, ops), StringComparer.Ordinal);
            var left = wait - _clock.GetElapsedTime(began);
            var behind = pages.Any(page => next[page.Shard] < page.Head);
            if (ops.Count > 0 || left <= TimeSpan.Zero || cancel.IsCancellationRequested)
                return Write(ops, next, ops.Count > 0 || behind ? BusyDelay : IdleDelay);
            positions = next;
            if (!behind)
                await _heads.WaitAsync(positions, left, cancel);
        }
    }

    private async Task<Result<Filter>> FilterAsync(string? queueName, Caller caller, CancellationToken cancel)
    {
        if (queueName is null)
            return new Filter([], _settings.Current.Queues.Values.Where(queue => !caller.Reaches(queue.Name)).Select(queue => queue.QueueId).ToArray());
        if (!caller.Reaches(queueName))
            return Problems.ForbiddenQueue(queueName);
        return await _settings.FindQueueAsync(queueName, cancel) is { } queue ? new Filter([queue.QueueId], []) : Problems.QueueNotFound(queueName, "");
    }

    /// <summary>A queue that another process made a moment ago has ops before this process knows it: its name is fetched, and whether the caller reaches it is decided then.</summary>
    private async Task KnowQueuesAsync(ShardPage[] pages, Caller caller, CancellationToken cancel)
    {
        if (!pages.Any(page => page.Ops.Exists(op => !_settings.Current.QueuesById.ContainsKey(op.QueueId))))
            return;
        await _settings.RefreshAsync(cancel);
        foreach (var page in pages)
            page.Ops.RemoveAll(op => !caller.Reaches(_settings.Current.QueuesById[op.QueueId].Name));
    }

    private async Task<Result<Dictionary<string, long>>> PositionsAsync(string? cursor, CancellationToken cancel)
    {
        if (cursor is null)
            return await OldestAsync(cancel);
        if (cursor == "now")
            return await EachShardAsync(shard => ScalarAsync(shard, "select last_opid from oplog_head", cancel));
        if (_cursors.Read(cursor) is not { } read)
            return Problems.InvalidCursor("The cursor was not issued here. Send next_cursor unchanged, or leave it out to begin with the oldest op.");
        // A shard added since the cursor was issued is read from its beginning; one taken away is passed over.
        return _shards.All.ToDictionary(shard => shard.Name, shard => read.GetValueOrDefault(shard.Name), StringComparer.Ordinal);
    }

    private Task<Dictionary<string, long>> OldestAsync(CancellationToken cancel) =>
        EachShardAsync(shard => ScalarAsync(shard, "select coalesce((select min(opid) - 1 from oplog), (select last_opid from oplog_head))", cancel));

    private async Task<Dictionary<string, long>> EachShardAsync(Func<Shard, Task<long>> value)
    {
        var values = await Task.WhenAll(_shards.All.Select(async shard => (shard.Name, Value: await value(shard))));
        return values.ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal);
    }

    private static async Task<long> ScalarAsync(Shard shard, string sql, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>
    /// Shards are merged by time, but a shard's own ops stay in the order of their opids: the clocks of the processes that wrote them
    /// may differ, so an op counts as no older than those before it.
    /// </summary>
    private static IEnumerable<(DateTimeOffset Turn, FoundOp Op)> InTurn(ShardPage page)
    {
        var turn = DateTimeOffset.MinValue;
        foreach (var op in page.Ops)
        {
            turn = op.At > turn ? op.At : turn;
            yield return (turn, op);
        }
    }

    private static long NextPosition(ShardPage page, List<FoundOp> shown)
    {
        var last = shown.LastOrDefault(op => op.Shard == page.Shard).Opid;
        var all = page.Ops.Count == 0 || page.Ops[^1].Opid == last;
        return all ? page.ReadTo : last > 0 ? last : page.From;
    }

    /// <summary>A shard that is away keeps its place in the cursor; the others' ops go on.</summary>
    private async Task<ShardPage> TryReadShardAsync(Shard shard, long after, int maxOps, Filter filter, CancellationToken cancel)
    {
        try
        {
            return await ReadShardAsync(shard, after, maxOps, filter, cancel);
        }
        catch (Exception fault) when (fault is NpgsqlException or TimeoutException && _shards.All.Count > 1)
        {
            LogAway(_logger, shard.Name, fault);
            return new ShardPage(shard.Name, after, after, after, [], Trimmed: false);
        }
    }

    private static async Task<ShardPage> ReadShardAsync(Shard shard, long after, int maxOps, Filter filter, CancellationToken cancel)
    {
        await using var connection = await shard.Database.OpenConnectionAsync(cancel);
        await using var batch = new NpgsqlBatch(connection);
        // The head is read first: all ops up to it were committed with it, so what the second statement does not see is not there.
        batch.BatchCommands.Add(Sql.Command("select last_opid from oplog_head"));
        batch.BatchCommands.Add(Sql.Command(
            """
            select opid, at, ticket_id, queue_id, kind, version, diff from oplog
            where opid > $1 and opid <= $2 and (cardinality($3::int[]) = 0 or queue_id = any($3)) and queue_id <> all($5::int[]) order by opid limit $4
            """,
            Sql.Value(after),
            Sql.Value(after + Window),
            Sql.Array(filter.Only),
            Sql.Value((long)maxOps),
            Sql.Array(filter.Except)));
        // The oldest op is read last: a partition that is dropped meanwhile shows as a gap, not as ops that never were.
        batch.BatchCommands.Add(Sql.Command("select opid from oplog order by opid limit 1"));

        await using var reader = await batch.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var head = reader.GetInt64(0);
        await reader.NextResultAsync(cancel);
        var ops = new List<FoundOp>();
        while (await reader.ReadAsync(cancel))
        {
            if (reader.GetInt64(0) <= head)
                ops.Add(new FoundOp(shard.Name, reader.GetInt64(0), reader.Time(1), reader.GetInt64(2), reader.GetInt32(3), reader.GetString(4), reader.GetInt64(5), reader.GetString(6)));
        }

        await reader.NextResultAsync(cancel);
        var oldest = await reader.ReadAsync(cancel) ? reader.GetInt64(0) : head + 1;
        var readTo = ops.Count == maxOps ? ops[^1].Opid : Math.Max(after, Math.Min(head, after + Window));
        return new ShardPage(shard.Name, after, head, readTo, ops, Trimmed: after + 1 < oldest && after < head);
    }

    private ReadOnlyMemory<byte> Write(List<FoundOp> ops, Dictionary<string, long> next, int delay)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        using var writer = new Utf8JsonWriter(body, JsonText.Options);
        writer.WriteStartObject();
        writer.WriteStartArray("ops"u8);
        foreach (var op in ops)
        {
            writer.WriteStartObject();
            writer.WriteString("shard"u8, op.Shard);
            writer.WriteNumber("opid"u8, op.Opid);
            writer.WriteString("at"u8, Rfc3339.Format(op.At));
            writer.WriteString("ticket_id"u8, TicketId.Format(op.TicketId));
            writer.WriteString("queue"u8, _settings.Current.QueuesById[op.QueueId].Name);
            writer.WriteString("kind"u8, op.Kind);
            writer.WriteNumber("version"u8, op.Version);
            writer.WritePropertyName("diff"u8);
            writer.WriteRawValue(op.Diff, skipInputValidation: true);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("next_cursor"u8, _cursors.Write(next));
        writer.WriteNumber("polling_delay_ms"u8, delay);
        writer.WriteEndObject();
        writer.Flush();
        return body.WrittenMemory;
    }

    /// <param name="Only">Ids of the queues wanted; empty: all.</param>
    /// <param name="Except">Ids of the queues out of the caller's reach, as far as this process knows them.</param>
    private sealed record Filter(int[] Only, int[] Except);

    [LoggerMessage(700, LogLevel.Warning, "The change log of shard {Shard} cannot be read now")]
    private static partial void LogAway(ILogger logger, string shard, Exception fault);

    private readonly record struct FoundOp(string Shard, long Opid, DateTimeOffset At, long TicketId, int QueueId, string Kind, long Version, string Diff);

    /// <param name="From">The position asked.</param>
    /// <param name="ReadTo">Every op up to here was looked at.</param>
    private sealed record ShardPage(string Shard, long From, long Head, long ReadTo, List<FoundOp> Ops, bool Trimmed);
}
