using Tickets.Contracts;
using Tickets.Core.Oplog.Relay;
using Tickets.Core.Platform;

namespace Tickets.Core.Operations.Overview;

/// <summary>How a shard's database stands: its connections, its log, and how far the relay has brought it.</summary>
internal static class ShardState
{
    public static async Task<ShardOverview> ReadAsync(Shard shard, DateTimeOffset now, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand(
            """
            select h.last_opid, h.last_opid - f.opid, f.failure, (select at from oplog where opid > f.opid order by opid limit 1),
                (select count(*) from pg_stat_activity where datname = current_database() and application_name = 'tickets')::integer,
                (select count(*) from pg_stat_activity where datname = current_database() and application_name = 'tickets' and state <> 'idle')::integer,
                current_setting('max_connections')::integer
            from oplog_head h left join oplog_followers f on f.follower = $1
            """);
        command.Parameters.Add(Sql.Value(ShardRelay.Follower));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return new ShardOverview(shard.Name, "ok")
        {
            LastOpid = reader.GetInt64(0),
            RelayBehind = reader.NumberOrNull(1),
            RelayFailure = reader.TextOrNull(2),
            RelayOldestSeconds = reader.TimeOrNull(3) is { } oldest ? Math.Round((now - oldest).TotalSeconds, 1) : null,
            Connections = reader.GetInt32(4),
            ConnectionsActive = reader.GetInt32(5),
            ConnectionsMax = reader.GetInt32(6),
        };
    }
}
