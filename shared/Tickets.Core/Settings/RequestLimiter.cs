using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Core.Access;
using Tickets.Core.Platform;

namespace Tickets.Core.Settings;

/// <summary>
/// Counts the requests of callers that have limits. Each process decides by itself, at once, and brings its counts together with the
/// others' every second: a limit may be passed by what the processes let through in that second. While the settings database is away
/// each goes by its own counts. Who has no limits costs nothing.
/// </summary>
public sealed partial class RequestLimiter(NpgsqlDataSource settings, TimeProvider clock, ILogger<RequestLimiter> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(2);

    private readonly ConcurrentDictionary<string, LimitedCaller> _callers = new(StringComparer.Ordinal);

    /// <returns>Null for callers without limits.</returns>
    public RequestAllowance? Take(Caller caller)
    {
        if (caller.Limits is not { } limits)
            return null;
        var counted = _callers.GetOrAdd(caller.KeyId, static (_, limits) => new LimitedCaller(limits), limits);
        if (counted.Limits != limits)
            counted = _callers[caller.KeyId] = new LimitedCaller(limits);
        return counted.Take(clock.GetUtcNow());
    }

    /// <summary>Deletes the counts of windows that ended long ago.</summary>
    public async Task<int> ForgetAsync(CancellationToken cancel)
    {
        await using var command = settings.CreateCommand("delete from api_key_usage where window_start < $1");
        command.Parameters.Add(Sql.Value(clock.GetUtcNow() - Kept));
        return await command.ExecuteNonQueryAsync(cancel);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await ShareAsync(stoppingToken);
            }
            catch (NpgsqlException fault)
            {
                LogNotShared(logger, fault);
            }
        }
    }

    /// <summary>What was taken and did not arrive stays counted here, and is missing from the common total.</summary>
    private async Task ShareAsync(CancellationToken cancel)
    {
        var counts = _callers.ToArray()
            .SelectMany(caller => caller.Value.TakeUnshared().Select(count => (caller.Key, count.Seconds, count.Start, count.Requests)))
            // One order for all processes: two of them may not wait for each other's rows.
            .OrderBy(count => count.Key, StringComparer.Ordinal).ThenBy(count => count.Seconds).ToArray();
        if (counts.Length == 0)
            return;

        await using var command = settings.CreateCommand(
            """
            insert into api_key_usage as used (key_id, window_seconds, window_start, requests)
            select * from unnest($1, $2, $3, $4)
            on conflict (key_id, window_seconds, window_start) do update set requests = used.requests + excluded.requests
            returning key_id, window_seconds, window_start, requests
            """);
        command.Parameters.Add(Sql.Array([.. counts.Select(string? (count) => count.Key)]));
        command.Parameters.Add(Sql.Array([.. counts.Select(count => count.Seconds)]));
        command.Parameters.Add(Sql.Times([.. counts.Select(count => count.Start)]));
        command.Parameters.Add(Sql.Array([.. counts.Select(count => count.Requests)]));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            if (_callers.TryGetValue(reader.GetString(0), out var caller))
                caller.Learn(reader.GetInt32(1), reader.Time(2), reader.GetInt64(3));
        }
    }

    [LoggerMessage(403, LogLevel.Warning, "The requests of limited callers could not be counted together; this process goes by its own count")]
    private static partial void LogNotShared(ILogger logger, Exception fault);
}
