using System.Globalization;
using Npgsql;
using Tickets.Bench.Hot.Floor;
using Tickets.Bench.Report;
using Tickets.Core.Orchestration;
using Tickets.Local;
using Sql = Tickets.Bench.Stack.Sql;

namespace Tickets.Bench.Orchestration;

/// <summary>The orchestration engine against DBOS and against bare SQL, on one PostgreSQL with durable commits.</summary>
internal sealed class OrchestrationArea : IBenchArea
{
    private const int InFlight = 100;

    public string Name => "orchestration";

    public string Title => "Durable orchestrations against DBOS and bare SQL on the same PostgreSQL";

    public string Description => "Durable orchestrations against DBOS and against bare SQL on the same PostgreSQL.";

    public IReadOnlyList<string> Figures { get; } =
    [
        "a_local_vs_dbos", "a_queued_vs_dbos", "b_vs_dbos", "a_alone_p50_vs_dbos", "a_vs_ideal", "with_waiting_timers", "timer_lateness_p99", "idle_statements", "creates_with_lifecycle_vs_without",
    ];

    public async Task RunAsync(BenchRequest request)
    {
        if (request.Wants(Figures.SkipLast(1)))
            await RunEngineAsync(request);
        if (request.Wants([Figures[^1]]))
            await LifecycleCreates.RunAsync(request);
    }

    private async Task RunEngineAsync(BenchRequest request)
    {
        await using var stack = await LocalStack.StartAsync(LocalStackOptions.ForTests() with
        {
            WithStorage = false,
            PostgresSettings = new Dictionary<string, string>
            {
                ["shared_buffers"] = "1GB", ["max_wal_size"] = "8GB", ["checkpoint_timeout"] = "15min", ["shared_preload_libraries"] = "pg_stat_statements",
            },
        });
        var server = new NpgsqlConnectionStringBuilder(stack.Postgres!.ConnectionString("postgres"));
        var bench = new Run(request, server);
        if (request.Wants(Figures.Take(5)))
            await bench.CompareAsync();
        if (request.Wants(["idle_statements"]))
            await bench.IdleAsync();
        if (request.Wants(["timer_lateness_p99"]))
            await bench.LatenessAsync();
        if (request.Wants(["with_waiting_timers"]))
            await bench.WaitingTimersAsync();
    }

    private sealed class Run(BenchRequest request, NpgsqlConnectionStringBuilder server)
    {
        private readonly Sheet _sheet = request.Sheet;
        private int _databases;

        private int Count => request.Quick ? 2_000 : 5_000;

        public async Task CompareAsync()
        {
            var missing = await DbosPeer.PrepareAsync(_sheet.Progress);
            var (local, queued, listen, alone) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
            var (peerSteps, peerMessages, peerAlone, ideal) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
            for (var round = 0; round < (request.Quick ? 1 : 3); round++)
            {
                // They take turns, so that what else the machine does hits all of them.
                _sheet.Progress($"round {round + 1}: the engine");
                await using (var engine = await EngineLoad.StartAsync(await DatabaseAsync()))
                {
                    await engine.RunAsync(20, 300, EngineLoad.TwoAsync);
                    local.Add((await engine.RunAsync(InFlight, Count, EngineLoad.TwoAsync)).PerSecond);
                    listen.Add((await engine.RunAsync(InFlight, Count / 2, EngineLoad.ListenAsync)).PerSecond);
                    alone.Add((await engine.RunAsync(1, 500, EngineLoad.TwoAsync)).Median);
                }

                await using (var engine = await EngineLoad.StartAsync(await DatabaseAsync(), new TaskHubOptions { LocalActivities = 0 }))
                {
                    await engine.RunAsync(20, 300, EngineLoad.TwoAsync);
                    queued.Add((await engine.RunAsync(InFlight, Count, EngineLoad.TwoAsync)).PerSecond);
                }

                if (missing is null)
                {
                    _sheet.Progress($"round {round + 1}: DBOS");
                    peerSteps.Add((await DbosPeer.RunAsync(server, "steps", InFlight, 2_000)).PerSecond);
                    peerMessages.Add((await DbosPeer.RunAsync(server, "msg", InFlight, 1_000)).PerSecond);
                    peerAlone.Add((await DbosPeer.RunAsync(server, "steps", 1, 300)).Median);
                }

                _sheet.Progress($"round {round + 1}: bare SQL");
                ideal.Add(await IdealAsync());
            }

            _sheet.Info("a_local", Median.Of(local), "orchestrations/s");
            _sheet.Info("a_queued", Median.Of(queued), "orchestrations/s");
            _sheet.Info("b", Median.Of(listen), "orchestrations/s");
            _sheet.Info("a_alone_p50", Median.Of(alone), "ms");
            _sheet.Info("ideal_three_commits", Median.Of(ideal), "orchestrations/s");
            _sheet.Figure("a_vs_ideal", Median.Of(local) / Median.Of(ideal), "x", Target.AtLeast(0.4));
            if (missing is not null)
            {
                foreach (var figure in new[] { "a_local_vs_dbos", "a_queued_vs_dbos", "b_vs_dbos", "a_alone_p50_vs_dbos" })
                    _sheet.Skip(figure, $"DBOS could not be installed: {missing.Split('\n')[0]}");
                return;
            }

            _sheet.Info("dbos_a", Median.Of(peerSteps), "workflows/s");
            _sheet.Info("dbos_b", Median.Of(peerMessages), "workflows/s");
            _sheet.Info("dbos_a_alone_p50", Median.Of(peerAlone), "ms");
            _sheet.Figure("a_local_vs_dbos", Median.Of(local) / Median.Of(peerSteps), "x", Target.AtLeast(3));
            _sheet.Figure("a_queued_vs_dbos", Median.Of(queued) / Median.Of(peerSteps), "x", Target.AtLeast(2));
            _sheet.Figure("b_vs_dbos", Median.Of(listen) / Median.Of(peerMessages), "x", Target.AtLeast(3));
            _sheet.Figure("a_alone_p50_vs_dbos", Median.Of(alone) / Median.Of(peerAlone), "x", Target.AtMost(1));
        }

        /// <summary>Nothing to do, one worker: what it costs the database.</summary>
        public async Task IdleAsync()
        {
            var database = await DatabaseAsync();
            await Sql.ExecuteAsync(database, "create extension pg_stat_statements");
            await using var engine = await EngineLoad.StartAsync(database);
            await Task.Delay(TimeSpan.FromSeconds(4));
            await Sql.ExecuteAsync(database, "select pg_stat_statements_reset()");
            var seconds = request.Quick ? 20 : 40;
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            var calls = (await Sql.ReadAsync<decimal>(
                database, "select coalesce(sum(calls), 0) from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database()) and query not like '%pg_stat_statements%'"))[0];
            _sheet.Figure("idle_statements", (double)calls / seconds, "statements/s", Target.AtMost(1));
        }

        /// <summary>500 timers come due each second.</summary>
        public async Task LatenessAsync()
        {
            await using var engine = await EngineLoad.StartAsync(await DatabaseAsync());
            var seconds = request.Quick ? 8 : 20;
            var from = DateTime.UtcNow.AddSeconds(6);
            var ids = new List<Task<string>>();
            for (var i = 0; i < seconds * 500; i++)
                ids.Add(engine.Hub.Client.ScheduleNewOrchestrationInstanceAsync("due", from.AddMilliseconds(i * 2)));
            var late = new List<double>();
            foreach (var id in await Task.WhenAll(ids))
                late.Add((await engine.Hub.Client.WaitForInstanceCompletionAsync(id)).ReadOutputAs<double>());
            late.Sort();
            _sheet.Info("timer_lateness_p50", late[late.Count / 2] / 1000, "s");
            _sheet.Figure("timer_lateness_p99", late[late.Count * 99 / 100] / 1000, "s", Target.AtMost(2));
        }

        public async Task WaitingTimersAsync()
        {
            var timers = request.Quick ? 200_000 : 1_000_000;
            var (empty, full) = (new List<double>(), new List<double>());
            var (emptyDatabase, fullDatabase) = (await DatabaseAsync(), await DatabaseAsync());
            await using (await EngineLoad.StartAsync(fullDatabase))
                _sheet.Progress($"making {timers} waiting timers");
            await FillAsync(fullDatabase, timers);
            for (var round = 0; round < (request.Quick ? 3 : 5); round++)
            {
                // Each is first as often as last, and neither pays for what the other, or the filling, left to be written.
                var both = new[] { (emptyDatabase, empty), (fullDatabase, full) };
                foreach (var (database, rates) in round % 2 == 0 ? both : both.Reverse())
                {
                    await Sql.ExecuteAsync(database, "checkpoint");
                    await using var engine = await EngineLoad.StartAsync(database);
                    await engine.RunAsync(InFlight, 1_000, EngineLoad.TwoAsync);
                    rates.Add((await engine.RunAsync(InFlight, Count * 4, EngineLoad.TwoAsync)).PerSecond);
                    _sheet.Progress($"{(rates == full ? "beside waiting timers" : "empty")}: {rates[^1]:0}/s");
                }
            }

            _sheet.Info("waiting_timers", timers, "timers");
            _sheet.Info("empty", Median.Of(empty), "orchestrations/s");
            _sheet.Info("beside_waiting_timers", Median.Of(full), "orchestrations/s");
            _sheet.Figure("with_waiting_timers", Median.Of(full) / Median.Of(empty), "x", Target.AtLeast(0.9));
        }

        /// <summary>Each has run its first step and waits for its timer.</summary>
        private static async Task FillAsync(string database, int timers)
        {
            await Sql.ExecuteAsync(
                database,
                $$"""
                insert into orchestrations (instance_id, name, version, created_at, start_at, input) select 'far-' || n, 'far', '', now(), now(), '"2100-01-01T00:00:00Z"' from generate_series(1, {{timers}}) n;
                insert into orchestration_ready (instance_id, name, due_at, steps) select 'far-' || n, 'far', timestamptz '2100-01-01' + n * interval '1 second', 1 from generate_series(1, {{timers}}) n;
                insert into orchestration_history (instance_id, execution, step, body)
                select 'far-' || n, 0, 1, '{"at":"2026-01-01T00:00:00Z","in":[{"kind":"ExecutionStarted"}],"out":[{"kind":"TimerCreated","id":1,"fire_at":"2100-01-01T00:00:00Z"}]}' from generate_series(1, {{timers}}) n
                """);
            await Sql.ExecuteAsync(database, "vacuum analyze");
        }

        private async Task<double> IdealAsync()
        {
            var database = new NpgsqlConnectionStringBuilder(await DatabaseAsync());
            await Sql.ExecuteAsync(database.ConnectionString, await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Orchestration", "ideal_setup.sql")));
            return await PgBench.RunFileAsync(database, Path.Combine(AppContext.BaseDirectory, "Orchestration", "ideal3.sql"), clients: 16, TimeSpan.FromSeconds(request.Quick ? 5 : 10));
        }

        private async Task<string> DatabaseAsync()
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"engine_{Interlocked.Increment(ref _databases)}");
            await Sql.ExecuteAsync(server.ConnectionString, $"create database {name}");
            return new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name }.ConnectionString;
        }
    }
}
