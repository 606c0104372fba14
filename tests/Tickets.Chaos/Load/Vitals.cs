using System.Diagnostics;
using Npgsql;
using Tickets.Bench.Measure;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Load;

/// <summary>Samples what must not grow: memory of the processes, connections, dead rows, and what waits to be published.</summary>
internal sealed class Vitals(Scene scene)
{
    private readonly Dictionary<string, (string Unit, List<(double, double)> Samples)> _series = [];

    public IReadOnlyList<Series> Series => [.. _series.Select(series => new Series(series.Key, series.Value.Unit, series.Value.Samples))];

    public IReadOnlyList<double> Of(string name) => [.. _series[name].Samples.Select(sample => sample.Item2)];

    public async Task RunAsync(TimeSpan every, CancellationToken stop)
    {
        var began = Stopwatch.StartNew();
        while (!stop.IsCancellationRequested)
        {
            await SampleAsync(began.Elapsed.TotalSeconds);
            await Task.Delay(every, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async Task SampleAsync(double at)
    {
        try
        {
            Add("memory of the apps", "MB", at, Enumerable.Range(0, scene.Fleet.Count).Sum(place => ProcessTimes.ResidentMegabytes(scene.Fleet[place].Pid)));
            var (connections, dead, lag) = (0.0, 0.0, 0.0);
            foreach (var shard in scene.Stack.Shards.Values)
            {
                await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(shard) { Pooling = false }.ConnectionString);
                await connection.OpenAsync();
                await using var command = new NpgsqlCommand(
                    """
                    select (select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid())::float8,
                           (select coalesce(sum(n_dead_tup), 0) from pg_stat_user_tables)::float8,
                           (select coalesce(max(last_opid - opid), 0) from oplog_head, oplog_followers)::float8
                    """,
                    connection);
                await using var row = await command.ExecuteReaderAsync();
                await row.ReadAsync();
                (connections, dead, lag) = (connections + row.GetDouble(0), dead + row.GetDouble(1), Math.Max(lag, row.GetDouble(2)));
            }

            Add("connections", "connections", at, connections);
            Add("dead rows", "rows", at, dead);
            Add("ops not yet published", "ops", at, lag);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or InvalidOperationException)
        {
            // Something is just being killed: the next sample tells.
        }
    }

    private void Add(string name, string unit, double at, double value)
    {
        if (!_series.TryGetValue(name, out var series))
            _series[name] = series = (unit, []);
        series.Samples.Add((at, value));
    }
}
