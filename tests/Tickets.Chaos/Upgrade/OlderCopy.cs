using Npgsql;

namespace Tickets.Chaos.Upgrade;

/// <summary>Fills a database of an earlier schema with what a database of today's has, as far as it had a place for it then.</summary>
internal sealed class OlderCopy(NpgsqlConnection from, NpgsqlConnection to)
{
    public async Task RunAsync()
    {
        // Rows come in the order of their tables' names, not in that of what refers to what.
        await SchemaFiles.ExecuteAsync(to, "set session_replication_role = replica");
        await MakePartitionsAsync();
        foreach (var table in await ListAsync(to, "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_versions' order by relname"))
        {
            var columns = (await ColumnsAsync(from, table)).Intersect(await ColumnsAsync(to, table)).ToList();
            if (columns.Count > 0)
                await CopyAsync(table, string.Join(", ", columns));
        }

        foreach (var sequence in await ListAsync(to, "select sequencename from pg_sequences where schemaname = 'public'"))
        {
            var last = (await ListAsync(from, $"select coalesce(last_value::text, '') from pg_sequences where sequencename = '{sequence}'")).FirstOrDefault();
            if (!string.IsNullOrEmpty(last))
                await SchemaFiles.ExecuteAsync(to, $"select setval('{sequence}', {last})");
        }

        await SchemaFiles.ExecuteAsync(to, "set session_replication_role = default");
    }

    /// <summary>Partitions and their indexes are no part of the schema files: the app makes them.</summary>
    private async Task MakePartitionsAsync()
    {
        foreach (var statement in await ListAsync(
            from,
            """
            select format('create table if not exists %I partition of %I %s', child.relname, parent.relname, pg_get_expr(child.relpartbound, child.oid))
            from pg_inherits join pg_class child on child.oid = inhrelid join pg_class parent on parent.oid = inhparent where child.relkind = 'r' order by child.relname
            """))
        {
            await SchemaFiles.ExecuteAsync(to, statement);
        }

        foreach (var statement in await ListAsync(
            from,
            """
            select replace(replace(indexdef, 'CREATE INDEX', 'CREATE INDEX IF NOT EXISTS'), 'CREATE UNIQUE INDEX', 'CREATE UNIQUE INDEX IF NOT EXISTS')
            from pg_indexes where schemaname = 'public' and (tablename like 'tickets\_q%' or tablename like 'ticket\_meta\_q%')
            """))
        {
            await SchemaFiles.ExecuteAsync(to, statement);
        }
    }

    private async Task CopyAsync(string table, string columns)
    {
        await SchemaFiles.ExecuteAsync(to, $"delete from {table}");
        using var reader = await from.BeginTextExportAsync($"copy (select {columns} from {table}) to stdout");
        await using var writer = await to.BeginTextImportAsync($"copy {table} ({columns}) from stdin");
        while (await reader.ReadLineAsync() is { } line)
            await writer.WriteAsync(line + "\n");
    }

    internal static Task<List<string>> ColumnsAsync(NpgsqlConnection database, string table) =>
        ListAsync(database, $"select quote_ident(column_name) from information_schema.columns where table_schema = 'public' and table_name = '{table}' order by ordinal_position");

    internal static async Task<List<string>> ListAsync(NpgsqlConnection database, string sql)
    {
        await using var command = new NpgsqlCommand(sql, database);
        await using var reader = await command.ExecuteReaderAsync();
        var list = new List<string>();
        while (await reader.ReadAsync())
            list.Add(reader.GetString(0));
        return list;
    }
}
