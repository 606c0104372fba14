using System.Globalization;
using System.Text.Json;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using NpgsqlTypes;
using Tickets.Bench.Hot;
using Tickets.Bench.Report;
using Tickets.Bench.Stack;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;
using Tickets.Core.Archive.Scan;
using Tickets.Core.Platform.Tables;
using Tickets.Local.Demo;

namespace Tickets.Bench.Cold;

/// <summary>
/// A stack whose queue gets closed tickets, long due, with real reports of wildlife strikes as their contents, as many a day as a busy queue has; and the cold tier's parts
/// in this process, as a reader has them.
/// </summary>
internal sealed class ColdScene : IAsyncDisposable
{
    public const string Queue = "bench/cold";
    private const int TicketsPerDay = 20_000;
    private readonly HttpClient _client;
    private readonly int _queueId;
    private long _filled;
    private bool _archived;

    private ColdScene(BenchStack stack, HttpClient client, int queueId, bool quick, Sheet sheet)
    {
        (Stack, _client, _queueId, Sheet) = (stack, client, queueId, sheet);
        Tickets = quick ? 100_000 : 400_000;
        Database = NpgsqlDataSource.Create(stack.Shard);
        Tables = new TableServiceClient(stack.Storage);
        Blobs = new BlobServiceClient(stack.Storage).GetBlobContainerClient("cold");
        Shards = new ColdShards(Tables, TimeProvider.System);
        Parts = new ColdParts(new BlobServiceClient(stack.Storage));
        var options = new ArchiveOptions();
        Reader = new ColdTickets(
            new ColdIndex(Shards, options, TimeProvider.System), Parts, new TierMoves(_ => Database, TimeProvider.System), options, NullLogger<ColdTickets>.Instance);
        Scan = new ColdScan(Shards, Parts);
        Compaction = new Compaction(Shards, Parts, options, TimeProvider.System, NullLogger<Compaction>.Instance);
    }

    public BenchStack Stack { get; }
    public Sheet Sheet { get; }

    /// <summary>As many as the main figures use.</summary>
    public int Tickets { get; }
    public NpgsqlDataSource Database { get; }
    public TableServiceClient Tables { get; }
    public BlobContainerClient Blobs { get; }
    public ColdShards Shards { get; }
    public ColdParts Parts { get; }
    public ColdTickets Reader { get; }
    public ColdScan Scan { get; }
    public Compaction Compaction { get; }
    public HttpClient Client => _client;

    public static long FirstId => 1_000_000_000;

    public static async Task<ColdScene> MakeAsync(BenchRequest request)
    {
        var stack = await BenchStack.StartAsync(request.App, request.Sheet.Progress);
        var client = stack.CreateClient();
        client.Timeout = TimeSpan.FromMinutes(5);
        await HotQueues.MakeAsync(client, withMany: false);
        await BenchStack.PutAsync(
            client, $"queues?queue={Uri.EscapeDataString(Queue)}", new System.Text.Json.Nodes.JsonObject { ["queue"] = Queue, ["workflow_id"] = "bench/v1", ["hot_retention"] = "PT1H" });
        var id = (await Sql.ReadAsync<int>(stack.SettingsDatabase, $"select queue_id from queues where name = '{Queue}'")).Single();
        var scene = new ColdScene(stack, client, id, request.Quick, request.Sheet);
        await scene.LoadReportsAsync();
        await scene.FillAsync(5_000);
        await scene.ArchiveAsync();
        return scene;
    }

    /// <summary>More closed tickets, all due.</summary>
    public async Task FillAsync(int tickets)
    {
        Sheet.Progress($"Filling in {tickets:N0} closed tickets");
        await Sql.ExecuteAsync(
            Stack.Shard,
            $"""
            insert into tickets (queue_id, ticket_id, status, version, created_at, updated_at, closed_at, i1, i2, s1, s2)
            select {_queueId}, {FirstId} + n, 'done', 3, day, day + interval '1 hour', day + interval '2 hours', n, n % 100, 'state ' || n % 50, 'operator ' || n % 300
            from generate_series({_filled}, {_filled + tickets - 1}) n, lateral (select timestamptz '2020-01-01' + (n / {TicketsPerDay}) * interval '1 day' + (n % {TicketsPerDay}) * interval '4 seconds' as day) d;
            insert into ticket_meta (queue_id, ticket_id, block, version, data)
            select {_queueId}, {FirstId} + k, 'report', 2, body from generate_series({_filled}, {_filled + tickets - 1}) g(k) join bench_reports r on r.n = k % 10000;
            insert into ticket_numbers_used (ticket_id, queue_id) select {FirstId} + n, {_queueId} from generate_series({_filled}, {_filled + tickets - 1}) n;
            analyze tickets_q{_queueId}; analyze ticket_meta_q{_queueId}; checkpoint;
            """);
        _filled += tickets;
    }

    /// <summary>Runs the app's archiver until nothing is due.</summary>
    public async Task<(long Tickets, TimeSpan Elapsed)> ArchiveAsync()
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        var tickets = 0L;
        while (true)
        {
            using var response = await _client.PostAsync("archive/runs", null);
            using var report = JsonDocument.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
            tickets += report.RootElement.GetProperty("tickets").GetInt64();
            if (report.RootElement.GetProperty("failures").GetArrayLength() > 0)
                throw new BenchException($"The archiver failed: {report.RootElement.GetProperty("failures")}");
            if (report.RootElement.GetProperty("complete").GetBoolean() && report.RootElement.GetProperty("busy").GetInt32() == 0)
                return (tickets, System.Diagnostics.Stopwatch.GetElapsedTime(start));
        }
    }

    /// <summary>The main figures' tickets, archived and compacted; done once.</summary>
    public async Task ArchivedAsync()
    {
        if (_archived)
            return;
        _archived = true;
        if (_filled < Tickets)
            await FillAsync(Tickets);
        await ArchiveAsync();
        foreach (var day in await Shards.ReadChangesAsync(Queue, 0, default))
            await Compaction.CompactDayAsync(Queue, day.Day, CompactionRule.All, default);
    }

    /// <summary>An archived ticket's id.</summary>
    public long AnyId(Random random) => FirstId + random.NextInt64(_filled);

    private async Task LoadReportsAsync()
    {
        var file = await DemoFiles.ReportsAsync(default);
        await using var connection = await Database.OpenConnectionAsync();
        await using (var create = new NpgsqlCommand("create table bench_reports (n integer primary key, body json not null)", connection))
            await create.ExecuteNonQueryAsync();
        await using var copy = await connection.BeginBinaryImportAsync("copy bench_reports (n, body) from stdin binary");
        var lines = await File.ReadAllLinesAsync(file);
        var names = lines[0].Split(',');
        for (var i = 1; i < lines.Length; i++)
        {
            var report = names.Zip(lines[i].Split(',')).ToDictionary(pair => pair.First.Trim('"').Replace(' ', '_').ToLower(CultureInfo.InvariantCulture), pair => pair.Second);
            await copy.StartRowAsync();
            await copy.WriteAsync(i - 1);
            await copy.WriteAsync(JsonSerializer.Serialize(report), NpgsqlDbType.Json);
        }

        await copy.CompleteAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Database.DisposeAsync();
        await Stack.DisposeAsync();
    }
}
