using Npgsql;
using Tickets.Core.Orchestration.Storage;

namespace Tickets.Tests.Orchestration;

/// <summary>
/// Holds a worker at the point where its claim has begun and has locked nothing yet: it sees the table through a view, each row of which waits for a lock of ours.
/// </summary>
internal sealed class ClaimGate : IAsyncDisposable
{
    private readonly NpgsqlDataSource _behind;
    private readonly NpgsqlConnection _keeper;

    private ClaimGate(NpgsqlDataSource behind, NpgsqlConnection keeper) => (_behind, _keeper) = (behind, keeper);

    /// <summary>The claims of a worker behind the gate.</summary>
    public Claims Claims(string owner) => new(new HubDatabase(_behind), owner);

    public static async Task<ClaimGate> CloseAsync(HubScene scene)
    {
        await scene.ExecuteAsync(
            """
            create schema gated;
            create function gated.pass() returns boolean language plpgsql volatile as 'begin perform pg_advisory_xact_lock_shared(4711); return true; end';
            create view gated.orchestration_ready as select * from public.orchestration_ready where gated.pass()
            """);
        var keeper = await scene.Database.OpenConnectionAsync();
        await using var close = new NpgsqlCommand("select pg_advisory_lock(4711)", keeper);
        await close.ExecuteNonQueryAsync();
        return new ClaimGate(NpgsqlDataSource.Create(scene.ConnectionString + ";Search Path=gated,public"), keeper);
    }

    public async Task UntilSomebodyWaitsAsync() => await HubScene.UntilAsync(async () =>
    {
        await using var ask = new NpgsqlCommand("select exists (select from pg_locks where locktype = 'advisory' and objid = 4711 and not granted)", _keeper);
        return (bool)(await ask.ExecuteScalarAsync())!;
    });

    public async Task OpenAsync()
    {
        await using var open = new NpgsqlCommand("select pg_advisory_unlock(4711)", _keeper);
        await open.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _keeper.DisposeAsync();
        await _behind.DisposeAsync();
    }
}
