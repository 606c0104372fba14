using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tickets.Core.Access;
using Tickets.Core.Platform;

namespace Tickets.Local;

/// <summary>The API key that the stack prints: made once per data folder, kept in a file that only its owner can read.</summary>
internal static class DevelopmentKey
{
    /// <returns>The text of an administrator's key for all queues. It is in the database before any app starts, so the first request finds it known.</returns>
    public static async Task<string> GetOrCreateAsync(string file, string settingsDatabase, CancellationToken cancellationToken)
    {
        await using var database = NpgsqlDataSource.Create(settingsDatabase);
        await SchemaUpgrade.ApplyAsync(database, "settings", NullLogger.Instance, cancellationToken);
        var keys = new ApiKeyStore(database, TimeProvider.System);

        // The file may be of another database than the one that is named now.
        if (File.Exists(file) && await File.ReadAllTextAsync(file, cancellationToken) is var known && await keys.ExistsAsync(known, cancellationToken))
            return known;

        var key = await keys.CreateAsync(Role.Admin, [""], "development key of the local stack", cancellationToken);
        await PrivateFile.WriteAsync(file, key, cancellationToken);
        return key;
    }
}
