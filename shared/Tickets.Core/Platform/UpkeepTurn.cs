using Npgsql;

namespace Tickets.Core.Platform;

/// <summary>The kinds of upkeep that take turns. One kind never waits for another: an index may be hours in the building.</summary>
internal enum Upkeep
{
    OplogPartitions = 1,
    Indexes = 2,
    Lifecycles = 3,
}

/// <summary>One process at a time does one kind of a shard's upkeep: an advisory lock of the session, gone with it whatever happens.</summary>
internal sealed class UpkeepTurn : IAsyncDisposable
{
    private const int LockClass = 7_243_005;

    private readonly NpgsqlConnection _connection;
    private readonly int _kind;

    private UpkeepTurn(NpgsqlConnection connection, int kind) => (_connection, _kind) = (connection, kind);

    /// <summary>Null when another process has the turn. Statements of the session may take their time meanwhile, also to wait for locks: it runs only such as let readers and writers go on.</summary>
    public static async Task<UpkeepTurn?> TryTakeAsync(NpgsqlConnection connection, Upkeep kind, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        // Not to be cancelled from here on: a lock taken just then would go back to the pool with its session.
        await using var command = new NpgsqlCommand($"select pg_try_advisory_lock({LockClass}, {(int)kind})", connection);
        if (!(bool)(await command.ExecuteScalarAsync(CancellationToken.None))!)
            return null;
        await using var patient = new NpgsqlCommand("set statement_timeout = 0; set lock_timeout = 0", connection);
        await patient.ExecuteNonQueryAsync(CancellationToken.None);
        return new UpkeepTurn(connection, (int)kind);
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection.State != System.Data.ConnectionState.Open)
            return;
        await using var command = new NpgsqlCommand($"select pg_advisory_unlock({LockClass}, {_kind}); reset statement_timeout; reset lock_timeout", _connection);
        await command.ExecuteNonQueryAsync();
    }
}
