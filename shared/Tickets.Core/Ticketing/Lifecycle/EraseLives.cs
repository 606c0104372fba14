using Npgsql;
using Tickets.Core.Orchestration;
using Tickets.Core.Platform;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>Forgets the orchestrations of erased tickets, whose histories tell of groups and of who accepted, and the messages about them.</summary>
internal sealed class EraseLives(ShardSet shards, TaskHubs hubs)
{
    public async Task RunAsync(string shard, IReadOnlyCollection<long> ticketIds, CancellationToken cancel)
    {
        var client = hubs[shard].Client;
        foreach (var life in ticketIds.Select(LifecycleChanges.InstanceOf))
        {
            await client.TerminateInstanceAsync(life, recursive: true, cancellation: cancel);
            await client.PurgeInstanceAsync(life, recursive: true, cancel);
        }

        await using var connection = await shards[shard].Database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // Messages are not indexed by ticket.
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands = { Sql.Command("set local statement_timeout = 0"), Sql.Command("delete from notifications where ticket_id = any($1)", Sql.Array([.. ticketIds])) },
        };
        await batch.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
    }
}
