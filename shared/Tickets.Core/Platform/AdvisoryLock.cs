using Npgsql;

namespace Tickets.Core.Platform;

/// <summary>An advisory lock of a database, held by a session of its own. If the connection is lost so is the lock, and another process may have it.</summary>
internal sealed class AdvisoryLock : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly (int Class, int Key) _name;
    private readonly string _mode;

    private AdvisoryLock(NpgsqlConnection session, (int Class, int Key) name, string mode) => (Session, _name, _mode) = (session, name, mode);

    /// <summary>The session that holds the lock. A transaction that commits in it was made while the lock was held, whatever the clock did.</summary>
    public NpgsqlConnection Session { get; }

    /// <returns>Null when another session holds it.</returns>
    public static async Task<AdvisoryLock?> TryTakeAsync(NpgsqlDataSource database, (int Class, int Key) name, bool shared, CancellationToken cancel)
    {
        var mode = shared ? "_shared" : "";
        var session = await database.OpenConnectionAsync(cancel);
        try
        {
            // Not to be cancelled: a lock taken just then would go back to the pool with its session.
            if (await AskAsync(session, $"select pg_try_advisory_lock{mode}($1, $2)", name))
                return new AdvisoryLock(session, name, mode);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }

        await session.DisposeAsync();
        return null;
    }

    /// <summary>Asks for it again and again; no connection is held meanwhile.</summary>
    /// <param name="tryTake">Null when another session holds it.</param>
    /// <exception cref="TimeoutException">It was not to be had for so long.</exception>
    public static async Task<AdvisoryLock> WaitAsync(Func<Task<AdvisoryLock?>> tryTake, TimeSpan patience, string busy, TimeProvider time, CancellationToken cancel)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            if (await tryTake() is { } held)
                return held;
            if (time.GetElapsedTime(start) > patience)
                throw new TimeoutException($"{busy} for more than {patience.TotalSeconds:0} s.");
            await Task.Delay(Pause, time, cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (Session.State == System.Data.ConnectionState.Open)
                await AskAsync(Session, $"select pg_advisory_unlock{_mode}($1, $2)", _name);
        }
        catch (NpgsqlException)
        {
            // The server has dropped the connection, and the lock with it.
        }
        finally
        {
            await Session.DisposeAsync();
        }
    }

    private static async Task<bool> AskAsync(NpgsqlConnection session, string sql, (int Class, int Key) name)
    {
        await using var command = new NpgsqlCommand(sql, session) { Parameters = { new() { Value = name.Class }, new() { Value = name.Key } } };
        return (bool)(await command.ExecuteScalarAsync(CancellationToken.None))!;
    }
}
