using Azure.Core;
using Npgsql;
using Tickets.Core.Platform;
using Tickets.Tests.Orchestration;

namespace Tickets.Tests.Platform;

/// <summary>Against a server that takes passwords, as Azure's takes tokens in their place.</summary>
[Collection(nameof(OrchestrationStack))]
public class DatabaseTokenTests(OrchestrationStack stack)
{
    [Fact]
    public async Task With_an_identity_the_password_is_its_token_for_PostgreSQL()
    {
        var known = new NpgsqlConnectionStringBuilder(await stack.CreateDatabaseAsync());
        var credential = new FixedCredential(known.Password ?? "");
        var options = new TicketsOptions { SettingsDatabase = known.ConnectionString, Shards = new Dictionary<string, string>(), DatabaseCredential = credential };
        known.Password = null;

        await using var database = ShardSet.Open(known.ConnectionString, options);
        await using var command = database.CreateCommand("select 1");

        Assert.Equal(1, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        Assert.Equal("https://ossrdbms-aad.database.windows.net/.default", Assert.Single(credential.Asked));
    }

    private sealed class FixedCredential(string token) : TokenCredential
    {
        public List<string> Asked { get; } = [];

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new NotSupportedException("The product asks asynchronously.");

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Asked.AddRange(requestContext.Scopes);
            return new(new AccessToken(token, DateTimeOffset.MaxValue));
        }
    }
}
