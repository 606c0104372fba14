using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Oplog;

/// <summary>Empties what the change log tells of tickets: that something happened to them stays, what it was goes.</summary>
public sealed class EraseDiffs(ShardSet shards)
{
    private const string EmptyDiff = """{"set":{}}""";

    /// <returns>How many ops were emptied.</returns>
    public async Task<long> RunAsync(string shard, IReadOnlyCollection<long> ticketIds, CancellationToken cancel)
    {
        await using var connection = await shards[shard].Database.OpenConnectionAsync(cancel);
        var erased = 0L;
        // The log is not indexed by ticket: each partition is read once, in a transaction of its own, for as long as it takes.
        foreach (var partition in await PartitionsAsync(connection, cancel))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            await using var batch = new NpgsqlBatch(connection, transaction);
            batch.BatchCommands.Add(Sql.Command("set local statement_timeout = 0"));
            batch.BatchCommands.Add(Sql.Command($"update {partition} set diff = $2 where ticket_id = any($1) and diff::text <> $2::text", Sql.Array([.. ticketIds]), Sql.Json(EmptyDiff)));
            erased += await batch.ExecuteNonQueryAsync(cancel);
            await transaction.CommitAsync(cancel);
        }

        return erased;
    }

    private static async Task<List<string>> PartitionsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select inhrelid::regclass::text from pg_inherits where inhparent = 'oplog'::regclass order by 1", connection);
        var partitions = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            partitions.Add(reader.GetString(0));
        return partitions;
    }
}
