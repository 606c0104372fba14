using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tickets.Core.Platform;
using Tickets.Local;

namespace Tickets.Tests.Orchestration;

[CollectionDefinition(nameof(OrchestrationStack))]
public class OrchestrationStackCollection : ICollectionFixture<OrchestrationStack>;

/// <summary>PostgreSQL for the engine's tests; every scene has a database of its own.</summary>
public sealed class OrchestrationStack : IAsyncLifetime
{
    private LocalStack _stack = null!;
    private int _databases;

    public async Task<string> CreateDatabaseAsync(string schema = "hot")
    {
        var name = $"hub_{Interlocked.Increment(ref _databases)}";
        await using (var admin = NpgsqlDataSource.Create(_stack.Postgres!.ConnectionString("postgres")))
        {
            await using var create = admin.CreateCommand($"create database {name}");
            await create.ExecuteNonQueryAsync();
        }

        var connectionString = _stack.Postgres.ConnectionString(name);
        await using var database = NpgsqlDataSource.Create(connectionString);
        await SchemaUpgrade.ApplyAsync(database, schema, NullLogger.Instance, CancellationToken.None);
        return connectionString;
    }

    public async ValueTask InitializeAsync() => _stack = await LocalStack.StartAsync(LocalStackOptions.ForTests() with { WithStorage = false });

    public async ValueTask DisposeAsync() => await _stack.DisposeAsync();
}
