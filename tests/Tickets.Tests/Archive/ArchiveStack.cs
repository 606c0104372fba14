using Npgsql;
using Tickets.Local;

namespace Tickets.Tests.Archive;

[CollectionDefinition(nameof(ArchiveStack))]
public class ArchiveStackCollection : ICollectionFixture<ArchiveStack>;

/// <summary>Azurite and PostgreSQL for the archive's tests.</summary>
public sealed class ArchiveStack : IAsyncLifetime
{
    private LocalStack _stack = null!;
    private int _databases;

    public string StorageConnectionString => _stack.StorageConnectionString;

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

    public async ValueTask InitializeAsync() => _stack = await LocalStack.StartAsync(LocalStackOptions.ForTests());

    public async ValueTask DisposeAsync() => await _stack.DisposeAsync();
}
