using Azure.Core;

namespace Tickets.Core.Platform;

/// <summary>What a process signs in to Azure Database for PostgreSQL with in place of a password: a token of its own identity.</summary>
internal static class DatabaseToken
{
    /// <summary>Tokens live for an hour at least, and a session outlives the token that opened it.</summary>
    public static readonly TimeSpan RenewEvery = TimeSpan.FromMinutes(30);

    public static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(5);

    private static readonly TokenRequestContext Scope = new(["https://ossrdbms-aad.database.windows.net/.default"]);

    public static async ValueTask<string> GetAsync(TokenCredential credential, CancellationToken cancel) => (await credential.GetTokenAsync(Scope, cancel)).Token;
}
