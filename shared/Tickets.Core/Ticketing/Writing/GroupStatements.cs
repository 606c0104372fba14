using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>A group's decisions as one batch of set-wise statements, ending with the commit: one round trip.</summary>
internal static class GroupStatements
{
    /// <param name="inTransaction">Whether the transaction was begun by the load.</param>
    public static NpgsqlBatch Write(NpgsqlConnection connection, GroupDecisions decisions, bool inTransaction, long epoch, DateTimeOffset now)
    {
        var batch = new NpgsqlBatch(connection);
        if (!inTransaction)
            batch.BatchCommands.Add(Sql.Command("begin"));
        NumberStatements.Add(batch, decisions);
        ShardMoveStatements.Add(batch, decisions, now);
        ShardMoveStatements.AddAnswers(batch, decisions.ArrivedAnswers);
        TicketStatements.Add(batch, decisions);
        TicketStatements.AddBlocks(batch, decisions);
        ErasureStatements.Add(batch, decisions, now);
        foreach (var command in decisions.Lifecycle().Commands())
            batch.BatchCommands.Add(command);
        OpStatements.Add(batch, decisions, epoch, now);
        batch.BatchCommands.Add(Sql.Command("commit"));
        return batch;
    }

    /// <returns>The opid of the group's first op, and how long the group waited for writers of other processes.</returns>
    /// <exception cref="PostgresException">Nothing was written; the session's transaction has failed.</exception>
    public static async Task<(long FirstOpid, TimeSpan Waited)> ExecuteAsync(NpgsqlBatch batch, int ops)
    {
        await using var reader = await batch.ExecuteReaderAsync();
        var (last, waited) = (0L, 0d);
        do
        {
            while (await reader.ReadAsync())
                (last, waited) = (reader.GetInt64(0), reader.GetDouble(1));
        }
        while (await reader.NextResultAsync());
        return (last - ops + 1, TimeSpan.FromSeconds(waited));
    }
}
