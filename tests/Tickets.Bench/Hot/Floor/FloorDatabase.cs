using Npgsql;
using Tickets.Bench.Stack;

namespace Tickets.Bench.Hot.Floor;

/// <summary>The floor's tables, in a database of their own on the product's server.</summary>
internal sealed class FloorDatabase(NpgsqlConnectionStringBuilder database, long tickets)
{
    public static async Task<FloorDatabase> MakeAsync(NpgsqlConnectionStringBuilder server, long tickets)
    {
        var database = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = "tickets_floor" };
        await Sql.ExecuteAsync(server.ConnectionString, "create database tickets_floor");
        await Sql.ExecuteAsync(database.ConnectionString, await ReadAsync("schema.sql"));
        foreach (var statement in (await ReadAsync("fill.sql")).Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            // Each statement is sent alone, with those of the parameters that it names.
            var bound = statement.Replace("$1", tickets.ToString(), StringComparison.Ordinal).Replace("$2", Sql.Literal(Payloads.Meta), StringComparison.Ordinal).Replace("$3", Sql.Literal(Payloads.Op), StringComparison.Ordinal);
            await Sql.ExecuteAsync(database.ConnectionString, bound);
        }

        await Sql.ExecuteAsync(database.ConnectionString, await ReadAsync("index.sql"));
        await Sql.ExecuteAsync(database.ConnectionString, "vacuum analyze");
        return new FloorDatabase(database, tickets);
    }

    /// <returns>Tickets a second.</returns>
    public async Task<double> RunAsync(FloorScript script, int clients, TimeSpan duration)
    {
        await Sql.ExecuteAsync(database.ConnectionString, "checkpoint");
        return await PgBench.RunAsync(database, script, clients, duration, tickets) * script.TicketsEach;
    }

    private static Task<string> ReadAsync(string file) => File.ReadAllTextAsync(Payloads.PathTo(file));
}
