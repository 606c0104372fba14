using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Local;

/// <summary>The API key that the stack prints: an administrator's, made once per data folder, kept in a file that only its owner can read.</summary>
internal static class DevelopmentKey
{
    /// <param name="file">Where its text is kept.</param>
    /// <param name="settingsDatabase">The connection string.</param>
    public static async Task<string> EnsureAsync(string file, string settingsDatabase, CancellationToken cancellationToken)
    {
        await using var database = NpgsqlDataSource.Create(settingsDatabase);
        // The app would apply it too, but the key has to be there when the app first reads its settings.
        await SchemaUpgrade.ApplyAsync(database, "settings", NullLogger.Instance, cancellationToken);
        var keys = new ApiKeyStore(database, TimeProvider.System);
        // An existing server may have been emptied or exchanged since the key was made.
        if (File.Exists(file) && await File.ReadAllTextAsync(file, cancellationToken) is var kept && await keys.ExistsAsync(kept, cancellationToken)) return kept;

        var key = await keys.CreateAsync(Role.Admin, [""], "Made by the local stack", cancellationToken);
        await PrivateFile.WriteAsync(file, key, cancellationToken);
        return key;
    }
}
