using System.Collections.Concurrent;
using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Oplog;

/// <summary>
/// Wakes those who wait for new ops. Writers of this process tell at once; for other processes' commits one probe a shard asks for
/// the newest opid, and only while somebody waits.
/// </summary>
internal sealed class OplogHeads(ShardSet shards, TimeProvider clock)
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<string, long> _newest = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting;
    private bool _probing;

    public void Tell(string shard, long opid)
    {
        var grown = false;
        _newest.AddOrUpdate(
            shard,
            _ =>
            {
                grown = true;
                return opid;
            },
            (_, known) =>
            {
                grown = opid > known;
                return Math.Max(known, opid);
            });
        if (grown)
            Wake();
    }

    /// <summary>Waits until some shard is past <paramref name="positions"/>, at most so long.</summary>
    public async Task WaitAsync(IReadOnlyDictionary<string, long> positions, TimeSpan most, CancellationToken cancel)
    {
        var start = clock.GetTimestamp();
        Enter();
        try
        {
            while (true)
            {
                Task next;
                lock (_gate)
                    next = _changed.Task;
                if (positions.Any(position => _newest.GetValueOrDefault(position.Key) > position.Value))
                    return;
                var left = most - clock.GetElapsedTime(start);
                if (left <= TimeSpan.Zero)
                    return;
                await Task.WhenAny(next, Task.Delay(left, clock, cancel));
                cancel.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            lock (_gate)
                _waiting--;
        }
    }

    private void Enter()
    {
        lock (_gate)
        {
            _waiting++;
            if (_probing)
                return;
            _probing = true;
        }

        _ = Task.Run(ProbeWhileSomebodyWaitsAsync);
    }

    private async Task ProbeWhileSomebodyWaitsAsync()
    {
        while (true)
        {
            lock (_gate)
            {
                _probing = _waiting > 0;
                if (!_probing)
                    return;
            }

            await Task.WhenAll(shards.All.Select(ProbeAsync));
            await Task.Delay(ProbeInterval, clock);
        }
    }

    private async Task ProbeAsync(Shard shard)
    {
        try
        {
            await using var command = shard.Database.CreateCommand("select last_opid from oplog_head");
            Tell(shard.Name, (long)(await command.ExecuteScalarAsync())!);
        }
        catch (Exception fault) when (fault is NpgsqlException or IOException or TimeoutException)
        {
            // A shard that is away has nothing to tell; the readers' own statements report it.
        }
    }

    private void Wake()
    {
        TaskCompletionSource told;
        lock (_gate)
            (told, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        told.SetResult();
    }
}
