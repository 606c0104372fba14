using Npgsql;

namespace Tickets.Chaos.Upgrade;

/// <summary>What a program of the earlier version does to a database while it is upgraded under it: it writes in the form of then.</summary>
internal sealed class OldLoad(string database)
{
    /// <summary>Keys whose rows were committed.</summary>
    public List<Guid> Written { get; } = [];

    public async Task RunAsync(CancellationToken stop)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(CancellationToken.None);
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var key = Guid.NewGuid();
            await using var command = new NpgsqlCommand(
                "insert into idempotency_keys (key, content, ticket_id, versions, opid, expires_at) values ($1, $1, 7, '{}', 1, now() + interval '1 day')", connection) { Parameters = { new() { Value = key } } };
            await command.ExecuteNonQueryAsync(CancellationToken.None);
            Written.Add(key);
            await Task.Delay(5, CancellationToken.None);
        }
    }

    public async Task<int> LostAsync()
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select count(*) from unnest($1) as written(key) where not exists (select from idempotency_keys k where k.key = written.key)", connection) { Parameters = { new() { Value = Written.ToArray() } } };
        return (int)(long)(await command.ExecuteScalarAsync())!;
    }
}
