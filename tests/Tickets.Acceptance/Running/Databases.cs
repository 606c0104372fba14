using System.Collections.Concurrent;
using Npgsql;

namespace Tickets.Acceptance.Running;

/// <summary>
/// Connections of tests to the databases that they all share, kept for the next question. A new one costs PostgreSQL more than most questions do: with the tables of hundreds of
/// queues there, also the list of types that a driver asks for at first is long.
/// </summary>
internal static class Databases
{
    private static readonly ConcurrentDictionary<string, NpgsqlDataSource> Open = new(StringComparer.Ordinal);

    public static NpgsqlDataSource Of(string connectionString) => Open.GetOrAdd(
        connectionString,
        text => new NpgsqlDataSourceBuilder(text).ConfigureTypeLoading(types => types.EnableTypeLoading(false)).Build());
}
