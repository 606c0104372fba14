using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Npgsql;
using Tickets.Local;
using Tickets.Tests.ServiceBus;

namespace Tickets.Acceptance.Faults;

/// <summary>Writers, readers and faults for <see cref="ChangeLogChaosTests"/>, on a stack of their own.</summary>
internal sealed class ChangeLogChaos : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // After a hundred thousand ops the readers have some way to go. Only the end of what is broken: nothing is measured here.
    private static readonly TimeSpan PatienceWithReaders = TimeSpan.FromMinutes(15);

    private readonly LocalStack _stack;
    private readonly List<string> _queues = [];
    private readonly ConcurrentBag<string> _acknowledged = [];
    private readonly ConcurrentDictionary<int, ConcurrentDictionary<string, long>> _polledTo = new();
    private readonly string _indexFile = Path.Combine(Path.GetTempPath(), $"tickets-index-{Guid.NewGuid():n}.json");
    private readonly Random _random = new(20);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(40) };
    private int _apps, _brokers, _databases, _indexers;

    private ChangeLogChaos(LocalStack stack) => _stack = stack;

    public IReadOnlyCollection<string> Acknowledged => _acknowledged;

    public string Kills => $"{_apps} apps, {_brokers} brokers, {_databases} PostgreSQL, {_indexers} index keepers";

    public string IndexReport { get; private set; } = "";

    public static async Task<ChangeLogChaos> BeginAsync(LocalStack stack)
    {
        await stack.StartAppAsync();
        var api = new Api(stack.Apps[0].Address, stack.DevelopmentKey);
        await RunningApp.PutWorkflowAsync(api);
        var chaos = new ChangeLogChaos(stack);
        for (var i = 0; i < 6; i++)
            chaos._queues.Add(await RunningApp.NewQueueAsync(api, $"hot-{i % 2}", below: "chaos"));
        return chaos;
    }

    /// <summary>So many changes: creates with a nonce, and updates that may come twice; repeated until each is acknowledged.</summary>
    public async Task WriteAsync(int ops)
    {
        var left = ops;
        // Enough to fill a group: late committers keep every writer waiting, and groups are what gets through.
        await Task.WhenAll(Enumerable.Range(0, ops > 10_000 ? 256 : 16).Select(async writer =>
        {
            var random = new Random(writer);
            while (Interlocked.Add(ref left, -2) >= 0)
            {
                var queue = _queues[random.Next(_queues.Count)];
                var nonce = await AskAsync("POST", "/nonces", """{"count": 1}""");
                var id = (await AskAsync("POST", "/tickets", $$"""
                    {"nonce": "{{nonce.GetProperty("nonces")[0].GetString()}}", "queue": "{{queue}}", "meta": {"report": {"text": "gull {{writer}} over {{Word(random)}}"} } }
                    """)).Text("ticket_id")!;
                _acknowledged.Add(id);
                await AskAsync("PATCH", $"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"status": "triaged", "meta.note": "{{Word(random)}} {{Word(random)}}"} }""", repeated: 409);
            }
        }));
    }

    /// <summary>Transactions that hold the log's head for a while and then commit, or do not.</summary>
    public async Task CommitLateAsync(CancellationToken cancel)
    {
        for (var i = 0; !cancel.IsCancellationRequested; i++)
        {
            try
            {
                await using var connection = new NpgsqlConnection(_stack.Shards[$"hot-{i % 2}"]);
                await connection.OpenAsync(cancel);
                await using var transaction = await connection.BeginTransactionAsync(cancel);
                await using var command = new NpgsqlCommand(
                    """
                    with head as (update oplog_head set last_opid = last_opid + 3 returning last_opid)
                    insert into oplog (opid, at, ticket_id, queue_id, kind, version, status, diff)
                    select last_opid - 3 + n, now(), 7, 1, 'archived', 1, 'closed', '{"set":{}}' from head, generate_series(1, 3) n
                    """,
                    connection,
                    transaction);
                await command.ExecuteNonQueryAsync(cancel);
                await Task.Delay(_random.Next(500, 2000), cancel);
                if (i % 3 == 2)
                    await transaction.RollbackAsync(cancel);
                else
                    await transaction.CommitAsync(cancel);
                await Task.Delay(_random.Next(500, 2500), cancel);
            }
            catch (Exception fault) when (fault is NpgsqlException or IOException or OperationCanceledException)
            {
                // Killed on the way: whether it was committed the log will tell.
                await Task.Delay(200, CancellationToken.None);
            }
        }
    }

    /// <summary>Kills apps, the broker and PostgreSQL in turn until told to stop; all are up again then.</summary>
    public async Task KillAsync(CancellationToken cancel)
    {
        for (var i = 0; !cancel.IsCancellationRequested; i++)
        {
            await Task.Delay(_random.Next(800, 2500), CancellationToken.None);
            switch (i % 4)
            {
                case 0 or 2:
                    var running = _stack.Apps.Where(each => !each.HasExited).ToList();
                    await running[_random.Next(running.Count)].KillAsync();
                    _apps++;
                    await _stack.StartAppAsync(cancellationToken: CancellationToken.None);
                    break;
                case 1:
                    await _stack.ServiceBus!.KillAsync();
                    _brokers++;
                    await Task.Delay(_random.Next(200, 2000), CancellationToken.None);
                    await _stack.ServiceBus.StartAsync(CancellationToken.None);
                    break;
                default:
                    await _stack.Postgres!.KillAsync();
                    _databases++;
                    await Task.Delay(_random.Next(0, 1000), CancellationToken.None);
                    await _stack.Postgres.StartAsync(CancellationToken.None);
                    break;
            }
        }
    }

    /// <summary>Follows the log by cursor, through whichever process answers.</summary>
    public async Task<List<(string Shard, long Opid)>> PollAsync(int number, CancellationToken cancel)
    {
        var seen = new List<(string, long)>();
        var positions = _polledTo[number] = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        string? cursor = null;
        while (!cancel.IsCancellationRequested)
        {
            if (await TryAskAsync("GET", $"/oplog?max_ops=500&wait=2{(cursor is null ? "" : $"&cursor={cursor}")}", null) is not { Status: 200 } answer)
            {
                await Task.Delay(100, CancellationToken.None);
                continue;
            }

            foreach (var op in answer.Json.GetProperty("ops").EnumerateArray())
            {
                seen.Add((op.Text("shard")!, op.Number("opid")));
                positions[op.Text("shard")!] = op.Number("opid");
            }

            cursor = answer.Json.Text("next_cursor");
        }

        return seen;
    }

    /// <summary>Runs the example subscriber, killing it now and then; at the end it catches up.</summary>
    public async Task KeepIndexAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            using var keeper = Node("search-index.mjs", "--index", _indexFile, "--modules", _stack.ServiceBus!.Modules);
            await Task.Delay(_random.Next(4000, 10_000), cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            keeper.Kill();
            await keeper.WaitForExitAsync(CancellationToken.None);
            _indexers++;
        }
    }

    /// <summary>Lets the index come to its end and holds it against the database.</summary>
    public async Task<bool> IndexIsRightAsync()
    {
        using (var keeper = Node("search-index.mjs", "--index", _indexFile, "--modules", _stack.ServiceBus!.Modules))
        {
            await Eventually.IsAsync(HasNothingLeftAsync, PatienceWithReaders);
            keeper.Kill();
            await keeper.WaitForExitAsync();
        }

        using var compare = Node("compare.mjs", ["--index", _indexFile, "--api", App().ToString(), "--key", _stack.DevelopmentKey!, .. _queues.SelectMany(queue => new[] { "--queue", queue })]);
        IndexReport = await compare.StandardOutput.ReadToEndAsync();
        await compare.WaitForExitAsync();
        return compare.ExitCode == 0;
    }

    private async Task<bool> HasNothingLeftAsync()
    {
        var topics = JsonElement.Parse(await _http.GetStringAsync(new Uri(_stack.ServiceBus!.Address, "/$local/topics")));
        var counts = topics.GetProperty("tickets-oplog").GetProperty("search-index");
        return counts.Number("active") + counts.Number("locked") == 0;
    }

    /// <summary>The heads of all shards, once the relay has published up to them.</summary>
    public async Task<IReadOnlyDictionary<string, long>> SettleAsync()
    {
        var heads = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (shard, database) in _stack.Shards)
        {
            await Eventually.IsAsync(
                async () =>
                {
                    await using var connection = new NpgsqlConnection(database);
                    await connection.OpenAsync();
                    await using var command = new NpgsqlCommand("select last_opid, opid from oplog_head, oplog_followers where follower = 'service-bus'", connection);
                    await using var reader = await command.ExecuteReaderAsync();
                    await reader.ReadAsync();
                    heads[shard] = reader.GetInt64(0);
                    return reader.GetInt64(0) == reader.GetInt64(1);
                },
                PatienceWithReaders);
        }

        return heads;
    }

    public async Task UntilReadAsync(IReadOnlyDictionary<string, long> heads, Subscriber subscriber) => await Eventually.IsAsync(
        () => Task.FromResult(
            _polledTo.Values.All(positions => heads.All(head => positions.GetValueOrDefault(head.Key) >= head.Value))
            && subscriber.Messages.Select(message => message.MessageId).Distinct().LongCount() >= heads.Values.Sum()),
        PatienceWithReaders);

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        File.Delete(_indexFile);
        return ValueTask.CompletedTask;
    }

    /// <summary>Until it is answered with 200, or with the status that says that an earlier attempt was heard.</summary>
    private async Task<JsonElement> AskAsync(string method, string path, string body, int repeated = 200)
    {
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            if (await TryAskAsync(method, path, body) is { } answer)
            {
                if (answer.Status == 200 || answer.Status == repeated)
                    return answer.Json;
                Assert.True(answer.Status is 429 or >= 500, $"{method} {path}: {answer.Status} {answer.Text}");
            }

            Assert.True(waited.Elapsed < Patience, $"{method} {path} was never answered well.");
        }
    }

    private async Task<Answer?> TryAskAsync(string method, string path, string? body)
    {
        try
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(App(), $"/api/v1{path}")) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {_stack.DevelopmentKey}");
            using var response = await _http.SendAsync(request);
            return await Answer.ReadAsync(response);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or TaskCanceledException)
        {
            return null;
        }
    }

    private Uri App()
    {
        var running = _stack.Apps.Where(each => !each.HasExited).ToList();
        return running.Count > 0 ? running[Random.Shared.Next(running.Count)].Address : _stack.Apps[0].Address;
    }

    private Process Node(string example, params string[] arguments)
    {
        var start = new ProcessStartInfo("node", [Repository.PathTo("infra", "local", "examples", example), .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["BROKER"] = _stack.ServiceBusConnectionString;
        return Process.Start(start)!;
    }

    private static string Word(Random random) => new(Enumerable.Range(0, 5).Select(_ => (char)('a' + random.Next(26))).ToArray());
}
