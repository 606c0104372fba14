using System.Reflection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Tickets.Core.Platform;

/// <summary>Brings a database to the newest schema: each numbered file once, in order, whoever starts first (Schema/README.md).</summary>
public static partial class SchemaUpgrade
{
    // Any number will do, as long as every process uses the same.
    private const long LockKey = 7_243_001;

    /// <param name="schema"><c>settings</c> or <c>hot</c>.</param>
    /// <returns>How many files were applied by this call.</returns>
    public static async Task<int> ApplyAsync(NpgsqlDataSource database, string schema, ILogger logger, CancellationToken cancel)
    {
        var files = Files(schema);
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await ExecuteAsync($"set local lock_timeout = '60s'; select pg_advisory_xact_lock({LockKey})");
        await ExecuteAsync("create table if not exists schema_versions (version integer primary key, applied_at timestamptz not null default now())");

        var known = await KnownVersionsAsync();
        if (known.Count > 0 && known.Max() > files[^1].Version)
            throw new InvalidOperationException($"The {schema} database has schema version {known.Max()}; this program knows versions up to {files[^1].Version}. Run a newer program.");
        var missing = files.Where(file => !known.Contains(file.Version)).ToList();
        foreach (var (version, sql) in missing)
        {
            await ExecuteAsync(sql);
            await ExecuteAsync($"insert into schema_versions (version) values ({version})");
            LogApplied(logger, version, schema);
        }

        await transaction.CommitAsync(cancel);
        return missing.Count;

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            await command.ExecuteNonQueryAsync(cancel);
        }

        async Task<HashSet<int>> KnownVersionsAsync()
        {
            await using var command = new NpgsqlCommand("select version from schema_versions", connection, transaction);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            var versions = new HashSet<int>();
            while (await reader.ReadAsync(cancel))
                versions.Add(reader.GetInt32(0));
            return versions;
        }
    }

    /// <summary>By number; there may be gaps.</summary>
    private static List<(int Version, string Sql)> Files(string schema)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var prefix = $"Platform/Schema/{schema}/schema-";
        return assembly.GetManifestResourceNames()
            .Where(name => name.Replace('\\', '/').StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
                return (int.Parse(Path.GetFileNameWithoutExtension(name)[^3..], System.Globalization.CultureInfo.InvariantCulture), reader.ReadToEnd());
            })
            .ToList();
    }

    [LoggerMessage(300, LogLevel.Information, "Applied schema version {Version} to the {Schema} database")]
    private static partial void LogApplied(ILogger logger, int version, string schema);
}
