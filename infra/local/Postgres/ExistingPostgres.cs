using Npgsql;

namespace Tickets.Local.Postgres;

/// <summary>A server that somebody else runs.</summary>
internal static class ExistingPostgres
{
    private const int OldestVersion = 150_000;

    /// <summary>Understands Npgsql's form and <c>postgres://user:password@host:port/database?sslmode=require</c>.</summary>
    /// <exception cref="LocalStackException">It is neither.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text)
    {
        try
        {
            var server = text.StartsWith("postgres://", StringComparison.Ordinal) || text.StartsWith("postgresql://", StringComparison.Ordinal)
                ? FromUrl(new Uri(text))
                : new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrEmpty(server.Host)) throw new ArgumentException("it names no host.");
            server.Database ??= "postgres";
            return server;
        }
        catch (Exception e) when (e is ArgumentException or UriFormatException)
        {
            throw new LocalStackException($"{LocalStackOptions.PostgresVariable} is neither an Npgsql connection string (Host=…;Username=…;Password=…) nor a postgres:// URL: {e.Message}");
        }
    }

    /// <exception cref="LocalStackException">It does not answer, or is too old.</exception>
    public static async Task CheckAsync(NpgsqlConnectionStringBuilder server, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(server.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("select current_setting('server_version_num')::int, current_setting('server_version')", connection);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            await row.ReadAsync(cancellationToken);
            if (row.GetInt32(0) < OldestVersion)
                throw new LocalStackException($"The server at {server.Host}:{server.Port} is PostgreSQL {row.GetString(1)}; 15 is the oldest that will do.");
        }
        catch (NpgsqlException e)
        {
            throw new LocalStackException($"The PostgreSQL server at {server.Host}:{server.Port} that {LocalStackOptions.PostgresVariable} names cannot be used: {e.Message}");
        }
    }

    private static NpgsqlConnectionStringBuilder FromUrl(Uri url)
    {
        var user = url.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = url.Host,
            Port = url.IsDefaultPort || url.Port < 0 ? NpgsqlConnection.DefaultPort : url.Port,
        };
        if (user[0].Length > 0) builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1) builder.Password = Uri.UnescapeDataString(user[1]);
        if (url.AbsolutePath.Trim('/') is { Length: > 0 } database) builder.Database = Uri.UnescapeDataString(database);
        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            // libpq's names; Npgsql knows the same settings with spaces.
            var name = parts[0] is "sslmode" ? "SSL Mode" : Uri.UnescapeDataString(parts[0]).Replace('_', ' ');
            var value = Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? "");
            builder[name] = name is "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }

        return builder;
    }
}
