using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Oplog;

/// <summary>
/// The right to read a shard's log for somebody, and how far that has come: one process at a time, for some seconds at a time. Every
/// write names the fence that it was given; a holder that slept past its time finds a newer one and writes nothing.
/// </summary>
internal sealed class FollowerLease
{
    private static readonly string Holder = $"{Environment.MachineName}/{Environment.ProcessId}";

    private readonly Shard _shard;
    private readonly string _follower;
    private readonly TimeSpan _duration;
    private readonly TimeProvider _clock;
    private readonly long _fence;
    private long _renewedAt;

    private FollowerLease(Shard shard, string follower, TimeSpan duration, TimeProvider clock, long renewedAt, NpgsqlDataReader row)
    {
        (_shard, _follower, _duration, _clock, _renewedAt) = (shard, follower, duration, clock, renewedAt);
        _fence = row.GetInt64(0);
        Opid = row.GetInt64(1);
        SendingTo = row.NumberOrNull(2);
        Attempts = row.GetInt32(3);
        NextAt = row.TimeOrNull(4);
    }

    /// <summary>The last op that the other side has taken.</summary>
    public long Opid { get; private set; }

    /// <summary>The last op of a delivery that was tried and not taken; null when there is none.</summary>
    public long? SendingTo { get; private set; }

    /// <summary>How often that was tried.</summary>
    public int Attempts { get; private set; }

    public DateTimeOffset? NextAt { get; private set; }

    /// <summary>The longest that a holder may be without <see cref="KeepAsync"/>: a third, so that one renewal may fail.</summary>
    public TimeSpan Beat => _duration / 3;

    /// <param name="duration">How long a holder that died stands in the way of the next one.</param>
    /// <returns>Null when another holds it, or when there is no such follower.</returns>
    public static async Task<FollowerLease?> TryTakeAsync(Shard shard, string follower, TimeSpan duration, TimeProvider clock, CancellationToken cancel)
    {
        var asked = clock.GetTimestamp();
        await using var command = shard.Database.CreateCommand(
            """
            update oplog_followers set fence = fence + 1, holder = $2, lease_until = now() + make_interval(secs => $3)
            where follower = $1 and lease_until <= now()
            returning fence, opid, sending_to, attempts, next_at
            """);
        command.Parameters.Add(Sql.Value(follower));
        command.Parameters.Add(Sql.Value(Holder));
        command.Parameters.Add(new() { Value = duration.TotalSeconds });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new FollowerLease(shard, follower, duration, clock, asked, reader) : null;
    }

    /// <summary>Makes the follower where it is new; what it is to have taken already is told by <paramref name="opid"/>.</summary>
    public static async Task EnsureAsync(Shard shard, string follower, long opid, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand(
            "insert into oplog_followers (follower, opid, fence, lease_until, attempts) values ($1, $2, 0, '-infinity', 0) on conflict (follower) do nothing");
        command.Parameters.Add(Sql.Value(follower));
        command.Parameters.Add(Sql.Value(opid));
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Renews it when a third of it is over.</summary>
    /// <exception cref="LeaseLostException">Somebody else may hold it now.</exception>
    public async Task KeepAsync(CancellationToken cancel)
    {
        if (_clock.GetElapsedTime(_renewedAt) >= Beat)
            await WriteAsync("opid = opid", [], flush: true, cancel);
    }

    /// <summary>Renews it while something takes its time; what cannot be renewed any more in time ends that.</summary>
    /// <exception cref="LeaseLostException">Somebody else may hold it now.</exception>
    public async Task<T> KeepWhileAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancel)
    {
        await KeepAsync(cancel);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var working = work(end.Token);
        try
        {
            while (!await IsOverAsync(working, cancel))
                await KeepInTimeAsync(cancel);
        }
        catch
        {
            await end.CancelAsync();
            await ((Task)working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await working;
    }

    /// <summary>
    /// The other side has taken everything up to here. Not flushed by itself, so that it costs the writers of tickets nothing: with a database that dies it may be
    /// forgotten, and what was sent is sent again.
    /// </summary>
    /// <exception cref="LeaseLostException">Somebody else may hold it now; what was sent may be sent again.</exception>
    public async Task AdvanceAsync(long opid, CancellationToken cancel)
    {
        await WriteAsync("opid = $4, sending_to = null, attempts = 0, next_at = null, failing_since = null, failure = null, refused = null", [Sql.Value(opid)], flush: false, cancel);
        (Opid, SendingTo, Attempts, NextAt) = (opid, null, 0, null);
    }

    /// <summary>Notes down what is about to be sent, so that it is sent again as it was.</summary>
    /// <param name="opid">Before it: everything up to here is taken, or not wanted.</param>
    /// <exception cref="LeaseLostException">Somebody else may hold it now.</exception>
    public async Task BeginAsync(long opid, long sendingTo, CancellationToken cancel)
    {
        await WriteAsync("opid = $4, sending_to = $5", [Sql.Value(opid), Sql.Value(sendingTo)], flush: true, cancel);
        (Opid, SendingTo) = (opid, sendingTo);
    }

    /// <summary>It was not taken.</summary>
    /// <param name="failure">In a few words, fit for anybody's eyes.</param>
    /// <param name="next">Not to be tried before; null leaves that to the holder.</param>
    /// <param name="refused">The op that stands in the way, refused whatever is done; null when it is nothing of the kind.</param>
    /// <exception cref="LeaseLostException">Somebody else may hold it now.</exception>
    public async Task FailAsync(string failure, DateTimeOffset? next, long? refused, CancellationToken cancel)
    {
        await WriteAsync(
            "attempts = attempts + 1, failing_since = coalesce(failing_since, now()), failure = $4, next_at = $5::timestamptz, refused = $6",
            [
                Sql.Value(failure),
                new NpgsqlParameter { Value = next is { } time ? time.UtcDateTime : DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz },
                new NpgsqlParameter { Value = refused is { } opid ? opid : DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint },
            ],
            flush: true,
            cancel);
        (Attempts, NextAt) = (Attempts + 1, next);
    }

    /// <summary>Lets the next one have it at once.</summary>
    public async Task ReleaseAsync()
    {
        try
        {
            await using var command = _shard.Database.CreateCommand("update oplog_followers set lease_until = '-infinity' where follower = $1 and fence = $2");
            command.Parameters.Add(Sql.Value(_follower));
            command.Parameters.Add(Sql.Value(_fence));
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception fault) when (ConnectionLoss.Is(fault) || fault is ObjectDisposedException)
        {
            // Then it ends by itself.
        }
    }

    /// <returns>False when a renewal is due first.</returns>
    private async Task<bool> IsOverAsync(Task working, CancellationToken cancel)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await Task.WhenAny(working, Task.Delay(Beat, _clock, over.Token));
        await over.CancelAsync();
        return working.IsCompleted;
    }

    private async Task KeepInTimeAsync(CancellationToken cancel)
    {
        var left = _duration - _clock.GetElapsedTime(_renewedAt);
        using var late = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            await KeepAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new LeaseLostException($"{_follower} on {_shard.Name} could not be renewed in time.");
        }
    }

    private async Task WriteAsync(string set, NpgsqlParameter[] values, bool flush, CancellationToken cancel)
    {
        var asked = _clock.GetTimestamp();
        await using var command = _shard.Database.CreateCommand(
            $"""
            update oplog_followers set {set}, lease_until = now() + make_interval(secs => $3)
            {(flush ? "" : "from set_config('synchronous_commit', 'off', true)")}
            where follower = $1 and fence = $2
            """);
        command.Parameters.Add(Sql.Value(_follower));
        command.Parameters.Add(Sql.Value(_fence));
        command.Parameters.Add(new() { Value = _duration.TotalSeconds });
        foreach (var value in values)
            command.Parameters.Add(value);
        if (await command.ExecuteNonQueryAsync(cancel) == 0)
            throw new LeaseLostException($"{_follower} on {_shard.Name} is held by another process now.");
        _renewedAt = asked;
    }
}

/// <summary>Another process goes on with the work; this one must stop at once.</summary>
internal sealed class LeaseLostException(string message) : Exception(message);
