using Npgsql;

namespace Tickets.Core.Orchestration.Storage;

/// <summary>The database of a task hub. Every access of the engine goes through here.</summary>
internal sealed class HubDatabase(NpgsqlDataSource source)
{
    /// <summary>Tests put faults here: called before each access and, with <c>true</c>, after it.</summary>
    internal Action<string, bool>? Fault { get; set; }

    public async Task<T> RunAsync<T>(string access, Func<NpgsqlConnection, Task<T>> run, CancellationToken cancel = default)
    {
        Fault?.Invoke(access, false);
        await using var connection = await source.OpenConnectionAsync(cancel);
        var result = await run(connection);
        Fault?.Invoke(access, true);
        return result;
    }

    public Task<int> ExecuteAsync(string access, string sql, NpgsqlParameter[] parameters, CancellationToken cancel = default) => RunAsync(
        access,
        async connection =>
        {
            await using var command = new NpgsqlCommand(sql, connection);
            foreach (var parameter in parameters)
                command.Parameters.Add(parameter);
            return await command.ExecuteNonQueryAsync(cancel);
        },
        cancel);

    public Task<List<T>> QueryAsync<T>(string access, string sql, NpgsqlParameter[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancel = default) => RunAsync(
        access,
        async connection =>
        {
            await using var command = new NpgsqlCommand(sql, connection);
            foreach (var parameter in parameters)
                command.Parameters.Add(parameter);
            var rows = new List<T>();
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                rows.Add(read(reader));
            return rows;
        },
        cancel);
}

/// <summary>The connection was lost while something was being committed: it may or may not stand.</summary>
public sealed class OutcomeUnknownException(Exception inner) : Exception("The connection was lost during the commit: the change may or may not stand.", inner);
