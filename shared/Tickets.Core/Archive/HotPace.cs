using Npgsql;

namespace Tickets.Core.Archive;

/// <summary>
/// Keeps the archiver out of the way of live traffic: while others write to the shard (its change log grows by more than what we put into it), every piece of
/// work is followed by a rest, so that we work only a share of the time. On a quiet shard there is no rest at all.
/// </summary>
internal sealed class HotPace(NpgsqlDataSource shard, TimeProvider time, double share)
{
    private const double BusyOpsPerSecond = 20;
    private static readonly TimeSpan ProbeEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(5);
    private long _ours;
    private long _others = -1;
    private long _probedAt;
    private int _probing;

    /// <summary>Whether others wrote to the shard at the last probe.</summary>
    public bool IsBusy { get; private set; }

    public long Begin() => time.GetTimestamp();

    /// <summary>Call it before these ops are written: counted too early they hide others for a moment, too late they would pass for others'.</summary>
    public void CountOurs(long ops) => Interlocked.Add(ref _ours, ops);

    /// <summary>Rests after a piece of work, as long as it needs.</summary>
    /// <param name="start">From <see cref="Begin"/>.</param>
    public async ValueTask BreatheAsync(long start, CancellationToken cancellationToken)
    {
        var worked = time.GetElapsedTime(start);
        if (time.GetElapsedTime(_probedAt) >= ProbeEvery)
            await ProbeAsync(cancellationToken);
        if (!IsBusy || share >= 1)
            return;
        var rest = worked * ((1 / share) - 1);
        await Task.Delay(rest < LongestRest ? rest : LongestRest, time, cancellationToken);
    }

    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _probing, 1) == 1)
            return;
        try
        {
            await using var command = shard.CreateCommand("select last_opid from oplog_head");
            var others = (long)(await command.ExecuteScalarAsync(cancellationToken))! - Interlocked.Read(ref _ours);
            var elapsed = time.GetElapsedTime(_probedAt).TotalSeconds;
            IsBusy = _others >= 0 && (others - _others) / elapsed > BusyOpsPerSecond;
            _others = Math.Max(_others, others);
            _probedAt = time.GetTimestamp();
        }
        finally
        {
            Volatile.Write(ref _probing, 0);
        }
    }
}
