using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Working;

/// <summary>Tells in the database that this worker lives and what it has done, and asks how much waits there, now and then (L6).</summary>
internal sealed class WorkerReport(HubDatabase database, string hub, string worker, string[] orchestrators, HeldRuns held, TimeProvider clock)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(1);

    private readonly DateTimeOffset _started = clock.GetUtcNow();
    private long _stays;
    private long _activities;
    private long _failures;
    private string? _lastFailure;
    private HubBacklog? _backlog;
    private long _askedAt;

    /// <summary>What waited when it was last asked; null once that is too long ago.</summary>
    public HubBacklog? Backlog => _backlog is { } backlog && clock.GetElapsedTime(Volatile.Read(ref _askedAt)) < 3 * Every ? backlog : null;

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
            var now = clock.GetUtcNow();
            var backlogs = await database.QueryAsync(
                "report",
                """
                with old as (delete from orchestration_workers where seen_at < $8),
                due as (
                    select d.due_at from unnest($10::text[]) as known(name)
                    cross join lateral (select q.due_at from orchestration_ready q where q.name = known.name and q.due_at <= $3 order by q.due_at limit 10000) d),
                told as (
                    insert into orchestration_workers (worker, started_at, seen_at, steps, activities, failures, held, last_failure)
                    values ($1, $2, $3, $4, $5, $6, $7, nullif($9, ''))
                    on conflict (worker) do update
                    set seen_at = excluded.seen_at, steps = excluded.steps, activities = excluded.activities, failures = excluded.failures, held = excluded.held, last_failure = excluded.last_failure)
                select (select count(*) from due), (select min(due_at) from due),
                    (select count(*) from orchestration_ready where stalled = 1), (select count(*) from orchestration_ready where stalled = 2)
                """,
                [
                    Sql.Value(worker), Sql.Value(_started), Sql.Value(now), Sql.Value(Volatile.Read(ref _stays)), Sql.Value(Volatile.Read(ref _activities)),
                    Sql.Value(Volatile.Read(ref _failures)), Sql.Value(held.Instances), Sql.Value(now - Forgotten), Sql.Value(_lastFailure ?? ""), Sql.Array(orchestrators),
                ],
                row => new HubBacklog(hub, row.GetInt64(0), row.TimeOrNull(1) is { } oldest ? now - oldest : TimeSpan.Zero, row.GetInt64(2), row.GetInt64(3)),
                stop);
            _backlog = backlogs[0];
            Volatile.Write(ref _askedAt, clock.GetTimestamp());
            await Task.Delay(Every, clock, stop);
        }
    }
}
