using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Search;

/// <summary>Counts how searches go, by queue and by the fields they give, and adds the counts to the shard now and then (T15).</summary>
public sealed partial class SearchStatistics(ShardSet shards, SettingsCache settings, TimeProvider clock, ILogger<SearchStatistics> logger) : BackgroundService
{
    // One search in so many is explained as well: that tells how many rows were read for those returned.
    private const int SampleEvery = 100;
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(5);

    private ConcurrentDictionary<(int QueueId, string Fields), Counts> _counts = new();

    /// <returns>Whether this search is one to sample: the first of its kind, and one in so many.</returns>
    internal bool Count(TicketSearch search, int returned, TimeSpan elapsed)
    {
        var counts = Of(search);
        lock (counts)
        {
            counts.Searches++;
            counts.Returned += returned;
            counts.Milliseconds += elapsed.TotalMilliseconds;
            return counts.Searches % SampleEvery == 1;
        }
    }

    internal void CountSample(TicketSearch search, long read, long returned)
    {
        var counts = Of(search);
        lock (counts)
        {
            counts.Sampled++;
            counts.SampledRead += read;
            counts.SampledReturned += returned;
        }
    }

    /// <summary>Writes what was counted since the last time.</summary>
    internal async Task FlushAsync(CancellationToken cancel)
    {
        var counted = Interlocked.Exchange(ref _counts, new ConcurrentDictionary<(int QueueId, string Fields), Counts>());
        foreach (var ((queueId, fields), counts) in counted)
        {
            if (settings.Current.QueuesById.GetValueOrDefault(queueId) is { } queue)
                await AddAsync(shards[queue.Shards[0]], queueId, fields, counts, cancel);
        }
    }

    /// <summary>Has a queue's counts go along to its new shard. Cut off in between, those of the past are lost and no others.</summary>
    public async Task MoveAsync(int queueId, string from, string to, CancellationToken cancel)
    {
        if (from == to)
            return;
        await using var command = shards[from].Database.CreateCommand(
            "delete from search_statistics where queue_id = $1 returning fields, searches, rows_returned, milliseconds, sampled, sampled_read, sampled_returned");
        command.Parameters.Add(Sql.Value(queueId));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var counts = new Counts
            {
                Searches = reader.GetInt64(1), Returned = reader.GetInt64(2), Milliseconds = reader.GetDouble(3), Sampled = reader.GetInt64(4), SampledRead = reader.GetInt64(5), SampledReturned = reader.GetInt64(6),
            };
            await AddAsync(shards[to], queueId, reader.GetString(0), counts, cancel);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(FlushInterval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await FlushAsync(stoppingToken);
            }
            catch (NpgsqlException fault)
            {
                LogLost(logger, fault);
            }
        }
    }

    private async Task AddAsync(Shard shard, int queueId, string fields, Counts counts, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand(
            """
            insert into search_statistics as known (queue_id, fields, searches, rows_returned, milliseconds, sampled, sampled_read, sampled_returned, last_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict (queue_id, fields) do update set
                searches = known.searches + excluded.searches,
                rows_returned = known.rows_returned + excluded.rows_returned,
                milliseconds = known.milliseconds + excluded.milliseconds,
                sampled = known.sampled + excluded.sampled,
                sampled_read = known.sampled_read + excluded.sampled_read,
                sampled_returned = known.sampled_returned + excluded.sampled_returned,
                last_at = excluded.last_at
            """);
        command.Parameters.Add(Sql.Value(queueId));
        command.Parameters.Add(Sql.Value(fields));
        command.Parameters.Add(Sql.Value(counts.Searches));
        command.Parameters.Add(Sql.Value(counts.Returned));
        command.Parameters.Add(new NpgsqlParameter<double> { TypedValue = counts.Milliseconds });
        command.Parameters.Add(Sql.Value(counts.Sampled));
        command.Parameters.Add(Sql.Value(counts.SampledRead));
        command.Parameters.Add(Sql.Value(counts.SampledReturned));
        command.Parameters.Add(Sql.Value(clock.GetUtcNow()));
        await command.ExecuteNonQueryAsync(cancel);
    }

    private Counts Of(TicketSearch search) => _counts.GetOrAdd((search.Queue.QueueId, search.FieldNames), _ => new Counts());

    [LoggerMessage(602, LogLevel.Warning, "Counts of searches were lost: their shard did not take them")]
    private static partial void LogLost(ILogger logger, Exception fault);

    private sealed class Counts
    {
        public long Searches { get; set; }
        public long Returned { get; set; }
        public double Milliseconds { get; set; }
        public long Sampled { get; set; }
        public long SampledRead { get; set; }
        public long SampledReturned { get; set; }
    }
}
