using System.Text.Json;
using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;

namespace Tickets.Core.Oplog.Relay;

/// <summary>
/// Lets the relay go on that stands still at an op which Service Bus refuses whatever is done. In one transaction the checkpoint passes
/// exactly that op, the lease is taken from whoever is still trying, and the change log tells of it with an op of kind <c>skipped</c>:
/// subscribers learn from their own stream what they have not been sent.
/// </summary>
public sealed class SkipRefusedOp
{
    private const int LongestReason = 1000;

    private readonly ShardSet _shards;
    private readonly OplogHeads _heads;
    private readonly SettingsCache _settings;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    internal SkipRefusedOp(ShardSet shards, OplogHeads heads, SettingsCache settings, TimeProvider clock, ILogger<SkipRefusedOp> logger) =>
        (_shards, _heads, _settings, _clock, _logger) = (shards, heads, settings, clock, logger);

    /// <summary>Body: <c>{"reason"}</c>. What was skipped before is answered as it was then, whatever the reason given now.</summary>
    /// <returns>404 for an op that is not kept or out of reach; 409 <c>op_not_refused</c> for one that the relay does not stand at.</returns>
    public async Task<Result<SkippedOp>> SkipAsync(string shardName, long opid, JsonElement body, Caller caller, CancellationToken cancel)
    {
        var reason = ReadReason(body);
        if (reason.IsProblem)
            return reason.Problem;
        if (!_shards.Knows(shardName) || await OplogRows.FindAsync(_shards[shardName], opid, cancel) is not { } op
            || await _settings.FindQueueAsync(op.QueueId, cancel) is not { } queue || !caller.Reaches(queue.Name))
            return Problems.NotFound($"There is no op '{shardName}:{opid}' in the queues that the key reaches, or it is not kept any more.");
        var shard = _shards[shardName];
        var skip = new SkippedOp(shardName, opid, reason.Value, caller.KeyId, Rfc3339.Truncate(_clock.GetUtcNow()));
        if (await TrySkipAsync(shard, skip, cancel))
            return skip;
        if (await FindAsync(shard, opid, cancel) is { } earlier)
            return earlier;
        return Problems.OpNotRefused(shardName, opid, await RefusedAsync(shard, cancel));
    }

    private static Result<string> ReadReason(JsonElement body)
    {
        var (errors, unknown) = (new List<ProblemError>(), new List<ProblemError>());
        var reader = new ObjectReader(body, "", errors);
        var reason = reader.RequiredText("reason", LongestReason);
        if (reason is not null && string.IsNullOrWhiteSpace(reason))
            reader.Fault("reason", "Say why the op is skipped: subscribers read it.");
        reader.Finish(unknown);
        if (unknown.Count > 0)
            return Problems.UnknownMembers(unknown);
        return errors.Count > 0 ? Problems.Invalid(errors) : reason!;
    }

    private async Task<bool> TrySkipAsync(Shard shard, SkippedOp skip, CancellationToken cancel)
    {
        await using var connection = await shard.Database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // The holder finds a newer fence and begins anew, behind the op. What it may be sending at this moment the topic refuses or drops.
        await using (var pass = new NpgsqlCommand(
            """
            update oplog_followers
            set opid = refused, refused = null, sending_to = null, attempts = 0, next_at = null, failing_since = null, failure = null, fence = fence + 1, lease_until = now()
            where follower = $1 and refused = $2
            """,
            connection,
            transaction))
        {
            pass.Parameters.Add(Sql.Value(ShardRelay.Follower));
            pass.Parameters.Add(Sql.Value(skip.Opid));
            if (await pass.ExecuteNonQueryAsync(cancel) == 0)
                return false;
        }

        var newest = await NoteAsync(connection, skip, cancel);
        await transaction.CommitAsync(cancel);
        _logger.OpSkipped(skip.Shard, skip.Opid, skip.SkippedBy, skip.Reason);
        RelayMetrics.Skipped.Add(1);
        _heads[skip.Shard].Tell(newest);
        return true;
    }

    /// <summary>
    /// For those who keep a record, and for those who follow the log. An op that tells of another is not told of in turn: whatever makes
    /// Service Bus refuse it would have the next one refused as well.
    /// </summary>
    /// <returns>The newest opid.</returns>
    private static async Task<long> NoteAsync(NpgsqlConnection connection, SkippedOp skip, CancellationToken cancel)
    {
        // The head comes last, as in every writer: its lock is held to commit.
        await using var note = new NpgsqlCommand(
            """
            with refused as (select * from oplog where opid = $1 and kind <> 'skipped'),
                 head as (update oplog_head set last_opid = last_opid + (select count(*) from refused) returning last_opid),
                 told as (
                    insert into oplog (opid, at, ticket_id, queue_id, kind, version, status, resolution, diff)
                    select last_opid, $2, ticket_id, queue_id, 'skipped', version, status, resolution,
                        json_build_object('set', '{}'::json, 'skipped', json_build_object('opid', opid, 'kind', kind, 'reason', $3::text, 'skipped_by', $4::text))
                    from refused, head
                    returning opid),
                 kept as (insert into oplog_skips (opid, told_by, reason, skipped_by, at) values ($1, (select opid from told), $3, $4, $2))
            select last_opid from head
            """,
            connection);
        note.Parameters.Add(Sql.Value(skip.Opid));
        note.Parameters.Add(Sql.Value(skip.At));
        note.Parameters.Add(Sql.Value(skip.Reason));
        note.Parameters.Add(Sql.Value(skip.SkippedBy));
        return (long)(await note.ExecuteScalarAsync(cancel))!;
    }

    private static async Task<SkippedOp?> FindAsync(Shard shard, long opid, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand("select reason, skipped_by, at from oplog_skips where opid = $1");
        command.Parameters.Add(Sql.Value(opid));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new SkippedOp(shard.Name, opid, reader.GetString(0), reader.GetString(1), reader.Time(2)) : null;
    }

    /// <returns>The op that the relay stands at; null when it stands at none.</returns>
    private static async Task<long?> RefusedAsync(Shard shard, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand("select refused from oplog_followers where follower = $1");
        command.Parameters.Add(Sql.Value(ShardRelay.Follower));
        return await command.ExecuteScalarAsync(cancel) as long?;
    }
}
