using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Tables;

namespace Tickets.Tests.Archive;

/// <summary>A hot shard with one queue, and an empty cold tier; any number of "processes" archive and read.</summary>
internal sealed class ArchiveScene : IAsyncDisposable
{
    public const string Shard = "hot-0";
    private static int _scenes;
    private readonly ArchiveStack _stack;
    private readonly Dictionary<int, string> _names = [];
    private string _container = $"cold{Interlocked.Increment(ref _scenes)}";

    private ArchiveScene(ArchiveStack stack, NpgsqlDataSource database) => (_stack, Database) = (stack, database);

    public NpgsqlDataSource Database { get; }

    public ColdQueue Queue { get; } = new(7, "incidents/birdstrikes", TimeSpan.FromDays(7), [Shard],
        new Dictionary<string, (bool, int)> { ["cost"] = (false, 1), ["state"] = (true, 1), ["operator"] = (true, 5) });

    /// <summary>Of every process that is made from now on.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    public ArchiveOptions Options { get; set; } = new();

    public BlobContainerClient Blobs => new BlobServiceClient(_stack.StorageConnectionString).GetBlobContainerClient(_container);
    public TableClient Table => new TableServiceClient(_stack.StorageConnectionString).GetTableClient(_container);

    public static async Task<ArchiveScene> CreateAsync(ArchiveStack stack)
    {
        var scene = new ArchiveScene(stack, await stack.CreateDatabaseAsync());
        await SchemaUpgrade.ApplyAsync(scene.Database, "hot", NullLogger.Instance, CancellationToken.None);
        await scene.MakeTablesAsync(scene.Queue);
        await scene.MakeColdAsync();
        return scene;
    }

    /// <summary>Another queue on the same shard.</summary>
    public async Task<ColdQueue> AddQueueAsync(int id)
    {
        var queue = Queue with { QueueId = id, Name = $"queues/{id}" };
        await MakeTablesAsync(queue);
        return queue;
    }

    private async Task MakeTablesAsync(ColdQueue queue)
    {
        await ExecuteAsync(
            $"""
            create table tickets_q{queue.QueueId} partition of tickets (primary key (ticket_id)) for values in ({queue.QueueId});
            create index on tickets_q{queue.QueueId} (closed_at) where closed_at is not null;
            create table ticket_meta_q{queue.QueueId} partition of ticket_meta (primary key (ticket_id, block)) for values in ({queue.QueueId});
            """);
        _names[queue.QueueId] = queue.Name;
    }

    /// <summary>As new: no tickets, and another, empty cold tier.</summary>
    public async Task EmptyAsync()
    {
        await ExecuteAsync("truncate tickets, ticket_meta, tier_moves");
        _container = $"cold{Interlocked.Increment(ref _scenes)}";
        await MakeColdAsync();
    }

    private async Task MakeColdAsync()
    {
        var process = Process();
        await process.Shards.EnsureCreatedAsync(CancellationToken.None);
        await process.Parts.EnsureCreatedAsync(CancellationToken.None);
    }

    /// <summary>A process of its own: own caches, and own faults.</summary>
    public ArchiveProcess Process(HttpPipelinePolicy? storage = null, Func<RemoveArchived, RemoveArchived>? removal = null, ArchiveOptions? options = null)
    {
        options ??= Options;
        var blobOptions = new BlobClientOptions();
        var tableOptions = new TableClientOptions();
        if (storage is not null)
        {
            blobOptions.AddPolicy(storage, HttpPipelinePosition.PerCall);
            tableOptions.AddPolicy(storage, HttpPipelinePosition.PerCall);
        }

        var shards = new ColdShards(new TableServiceClient(_stack.StorageConnectionString, tableOptions), Time, _container);
        var parts = new ColdParts(new BlobServiceClient(_stack.StorageConnectionString, blobOptions), _container);
        RemoveArchived remove = RemoveAsync;
        var index = new ColdIndex(shards, options, Time);
        var moves = new TierMoves(_ => Database, Time);
        var compaction = new Compaction(shards, parts, options, Time, NullLogger<Compaction>.Instance);
        var tools = new ArchiveTools(shards, parts, index, moves, compaction, Time);
        return new ArchiveProcess(tools, options, new Archiver(tools, _ => Database, removal?.Invoke(remove) ?? remove, options, NullLogger<Archiver>.Instance), Queue);
    }

    /// <summary>Closed tickets on some days, long due; their text tells them apart.</summary>
    public async Task AddClosedTicketsAsync(int count, int days, long firstId = 1_000_000, int step = 3)
    {
        await ExecuteAsync(
            $$"""
            insert into tickets (queue_id, ticket_id, status, resolution, version, created_at, updated_at, closed_at, i1, s1)
            select 7, {{firstId}} + n * {{step}}, 'closed', 'fixed', 3, day, day + interval '1 hour', day + interval '2 hours' + n * interval '1 ms', n, 'Louisiana'
            from generate_series(0, {{count - 1}}) n, lateral (select timestamptz '1990-01-08 10:00:00.123456Z' + (n * {{days}} / {{count}}) * interval '1 day' as day) d;
            insert into ticket_meta (queue_id, ticket_id, block, version, data)
            select 7, {{firstId}} + n * {{step}}, 'report', 2, ('{"text": "ticket ' || ({{firstId}} + n * {{step}}) || ' ' || repeat('gull ', n % 50) || '"}')::json
            from generate_series(0, {{count - 1}}) n;
            """);
    }

    public static IEnumerable<long> Ids(int count, long firstId = 1_000_000, int step = 3) => Enumerable.Range(0, count).Select(n => firstId + ((long)n * step));

    /// <summary>As a reader does: hot first, then cold.</summary>
    public async Task<string?> ReadAsync(ColdTickets cold, long id)
    {
        await using var command = Database.CreateCommand("select data::text from ticket_meta where queue_id = 7 and ticket_id = $1 and block = 'report'");
        command.Parameters.AddWithValue(id);
        if (await command.ExecuteScalarAsync() is string hot)
            return JsonDocument.Parse(hot).RootElement.GetProperty("text").GetString();
        return await cold.FindAsync(Queue.Name, id, CancellationToken.None) is { } json
            ? JsonDocument.Parse(json).RootElement.GetProperty("meta").GetProperty("report").GetProperty("data").GetProperty("text").GetString()
            : null;
    }

    public async Task<long> CountHotAsync() => await ScalarAsync("select count(*) from tickets where queue_id = 7");

    public async Task<long> ScalarAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync() => await Database.DisposeAsync();

    private async Task<IReadOnlyList<long>> RemoveAsync(
        NpgsqlConnection session, string shard, int queueId, IReadOnlyList<CopiedTicket> tickets, long revision, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            with gone as (
                delete from tickets t using unnest($2, $3, $4) as due (ticket_id, version, part)
                where t.queue_id = $1 and t.ticket_id = due.ticket_id and t.version = due.version
                returning t.ticket_id, due.part),
            meta as (delete from ticket_meta m using gone where m.queue_id = $1 and m.ticket_id = gone.ticket_id),
            moved as (
                insert into tier_moves (part, queue, first_id, last_id, revision, at, ids)
                select part, $6, min(ticket_id), max(ticket_id), $5, now(), array_agg(ticket_id order by ticket_id) from gone group by part)
            select ticket_id from gone
            """,
            session);
        command.Parameters.AddWithValue(queueId);
        command.Parameters.AddWithValue(tickets.Select(t => t.TicketId).ToArray());
        command.Parameters.AddWithValue(tickets.Select(t => t.Version).ToArray());
        command.Parameters.AddWithValue(tickets.Select(t => (long)t.Part).ToArray());
        command.Parameters.AddWithValue(revision);
        command.Parameters.AddWithValue(_names[queueId]);
        var removed = new List<long>();
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            removed.Add(rows.GetInt64(0));
        return removed;
    }
}

/// <summary>One process's view: the archiver, the reader and the upkeep with their own caches.</summary>
internal sealed record ArchiveProcess(ArchiveTools Tools, ArchiveOptions Options, Archiver Archiver, ColdQueue Queue)
{
    public ColdShards Shards => Tools.Shards;
    public ColdParts Parts => Tools.Parts;
    public Compaction Compaction => Tools.Compaction;
    public ColdTickets Tickets { get; } = new(Tools.Index, Tools.Parts, Tools.Moves, Options, NullLogger<ColdTickets>.Instance);
    public ColdSweep Sweep { get; } = new(Tools.Shards, Tools.Parts, Options, Tools.Time);
    public PartAging Aging { get; } = new(Tools.Shards, Tools.Parts, Options, Tools.Time);
    public IndexRebuild Rebuild { get; } = new(Tools.Shards, Tools.Parts);

    public Task<ArchiveReport> ArchiveAsync() => Archiver.RunAsync([Queue], TimeSpan.FromMinutes(5), CancellationToken.None);

    /// <summary>The queue's rows as they are in the table.</summary>
    public Task<IReadOnlyList<ColdDay>> RowsAsync() => Shards.ReadChangesAsync(Queue.Name, 0, CancellationToken.None);
}

internal static class ColdTicketsExtensions
{
    public static Task<ColdLookup> LookupAsync(this ColdTickets tickets, IReadOnlyCollection<string> queues, long id, CancellationToken cancel) =>
        tickets.LookupAsync(queues, [ArchiveScene.Shard], id, cancel);

    public static async Task<ReadOnlyMemory<byte>?> FindAsync(this ColdTickets tickets, string queue, long id, CancellationToken cancel) =>
        (await tickets.LookupAsync([queue], id, cancel)).Json;
}
