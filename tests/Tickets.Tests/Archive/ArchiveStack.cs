using Npgsql;
using Tickets.Local;

namespace Tickets.Tests.Archive;

[CollectionDefinition(nameof(ArchiveStack))]
public class ArchiveStackCollection : ICollectionFixture<ArchiveStack>;

/// <summary>Azurite and PostgreSQL for the archive's tests.</summary>
public class ArchiveStack : IAsyncLifetime
{
    private LocalStack _stack = null!;
    private int _databases;

    public string StorageConnectionString => _stack.StorageConnectionString;

    public AzuriteServer Storage => _stack.Storage!;

    protected virtual LocalStackOptions Options => LocalStackOptions.ForTests();

    /// <summary>A new, empty database.</summary>
    public async Task<NpgsqlDataSource> CreateDatabaseAsync()
    {
        var name = $"archive_{Interlocked.Increment(ref _databases)}";
        await using (var admin = NpgsqlDataSource.Create(_stack.Postgres!.ConnectionString("postgres")))
        {
            await using var create = admin.CreateCommand($"create database {name}");
            await create.ExecuteNonQueryAsync();
        }

        return NpgsqlDataSource.Create(_stack.Postgres.ConnectionString(name));
    }

    public async ValueTask InitializeAsync() => _stack = await LocalStack.StartAsync(Options);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _stack.DisposeAsync();
    }
}

/// <summary>The same with an Azurite that may be killed.</summary>
public sealed class KillableArchiveStack : ArchiveStack
{
    protected override LocalStackOptions Options => base.Options with { StorageSurvivesKills = true };
}
