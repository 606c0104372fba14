using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Working;

/// <summary>Tells in the database that this worker lives and what it has done, now and then (L6).</summary>
internal sealed class WorkerReport(HubDatabase database, string worker, HeldRuns held, TimeProvider clock)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(1);

    private readonly DateTimeOffset _started = clock.GetUtcNow();
    private long _stays;
    private long _activities;
    private long _failures;
    private string? _lastFailure;

    public void Stepped() => Interlocked.Increment(ref _stays);

    public void Ran() => Interlocked.Increment(ref _activities);

    public void Failed(Exception fault)
    {
        Interlocked.Increment(ref _failures);
        _lastFailure = $"{clock.GetUtcNow():O} {fault.GetType().Name}: {fault.Message}";
    }

    public async Task TellAsync(CancellationToken stop)
    {
        while (true)
        {
            await database.ExecuteAsync(
                "report",
                """
                with old as (delete from orchestration_workers where seen_at < $8)
                insert into orchestration_workers (worker, started_at, seen_at, steps, activities, failures, held, last_failure)
                values ($1, $2, $3, $4, $5, $6, $7, nullif($9, ''))
                on conflict (worker) do update
                set seen_at = excluded.seen_at, steps = excluded.steps, activities = excluded.activities, failures = excluded.failures, held = excluded.held, last_failure = excluded.last_failure
                """,
                [
                    Sql.Value(worker), Sql.Value(_started), Sql.Value(clock.GetUtcNow()), Sql.Value(Volatile.Read(ref _stays)), Sql.Value(Volatile.Read(ref _activities)),
                    Sql.Value(Volatile.Read(ref _failures)), Sql.Value(held.Instances), Sql.Value(clock.GetUtcNow() - Forgotten), Sql.Value(_lastFailure ?? ""),
                ],
                stop);
            await Task.Delay(Every, clock, stop);
        }
    }
}
