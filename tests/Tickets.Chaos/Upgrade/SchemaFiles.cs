using System.Reflection;
using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Chaos.Upgrade;

/// <summary>The schema as it was at an earlier number: the files up to it, applied as the app of then did.</summary>
internal static class SchemaFiles
{
    /// <param name="schema"><c>settings</c> or <c>hot</c>.</param>
    public static IReadOnlyList<(int Version, string Sql)> Of(string schema)
    {
        var core = typeof(SchemaUpgrade).Assembly;
        return
        [
            .. core.GetManifestResourceNames().Where(name => name.Replace('\\', '/').Contains($"Schema/{schema}/schema-", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
                .Select(name => (int.Parse(Path.GetFileNameWithoutExtension(name)[^3..]), Text(core, name))),
        ];
    }

    public static async Task ApplyAsync(NpgsqlConnection database, string schema, int upTo)
    {
        await ExecuteAsync(database, "create table schema_versions (version integer primary key, applied_at timestamptz not null default now())");
        foreach (var (version, sql) in Of(schema).Where(file => file.Version <= upTo))
        {
            await ExecuteAsync(database, sql);
            await ExecuteAsync(database, $"insert into schema_versions (version) values ({version})");
        }
    }

    internal static async Task ExecuteAsync(NpgsqlConnection database, string sql)
    {
        await using var command = new NpgsqlCommand(sql, database);
        await command.ExecuteNonQueryAsync();
    }

    private static string Text(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
