using Azure.Storage.Blobs;
using Npgsql;
using Tickets.Local;

namespace Tickets.Tests.Local;

/// <summary>Stacks on a PostgreSQL and an Azurite that run already: those of another stack.</summary>
public sealed class ExistingServersTests(StackFixture fixture) : IClassFixture<StackFixture>, IDisposable
{
    private static int _prefixes;

    private readonly string _folder = Directory.CreateTempSubdirectory("tickets-existing-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder, "stack");

    private string Postgres => fixture.Stack.Postgres!.ConnectionString("postgres");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Named_in_the_environment_they_are_used_and_nothing_else_is_started()
    {
        await using var stack = await StackProgram.UpOnAsync(Data, Postgres, fixture.Stack.StorageConnectionString);

        var started = Directory.EnumerateFiles(Path.Combine(Data, "run")).Select(Path.GetFileNameWithoutExtension).ToList();
        Assert.Contains("app-01", started);
        Assert.DoesNotContain("postgres", started);
        Assert.DoesNotContain("azurite", started);
        Assert.Contains($"Storage     {fixture.Stack.StorageConnectionString}", stack.Output);
        Assert.Contains($"Port={new NpgsqlConnectionStringBuilder(Postgres).Port}", stack.Output);
        Assert.False(Directory.Exists(Path.Combine(Data, "postgres")));
    }

    [Fact]
    public async Task Databases_on_another_server_keep_their_key_and_their_storage_through_a_reset()
    {
        string key;
        await using (var stack = await StackProgram.UpOnAsync(Data, Postgres, storage: null))
            key = KeyIn(stack.Output);
        Assert.False(File.Exists(Path.Combine(Data, "development.key")));

        var (exit, output) = await StackProgram.RunAsync(Data, "reset");

        Assert.Equal(0, exit);
        Assert.Contains($"Kept {Path.Combine(Data, "elsewhere")}", output);
        var kept = Assert.Single(Directory.GetDirectories(Path.Combine(Data, "elsewhere")));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(kept, "azurite")));
        // Reached by another name it is the same server.
        var byName = new NpgsqlConnectionStringBuilder(Postgres) { Host = "localhost" }.ConnectionString;
        await using var again = await StackProgram.UpOnAsync(Data, byName, storage: null);
        Assert.Equal(key, KeyIn(again.Output));
    }

    [Fact]
    public async Task Storage_of_one_set_of_databases_is_not_seen_by_another_one()
    {
        var (one, other) = (NewPrefix(), NewPrefix());
        await using (var stack = await StartAsync(one))
            await new BlobServiceClient(stack.StorageConnectionString).GetBlobContainerClient("cold").CreateAsync(cancellationToken: Cancel);

        await using (var stack = await StartAsync(other))
            Assert.False(await HasContainerAsync(stack));
        await using (var stack = await StartAsync(one))
            Assert.True(await HasContainerAsync(stack));

        await Sql.ScalarAsync<int>(Postgres, $"drop database {one}_settings; select 1");
        await using (var stack = await StartAsync(one))
            Assert.False(await HasContainerAsync(stack));
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("AccountName=x")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=x;AccountKey=not base 64")]
    public async Task Storage_that_is_no_connection_string_is_refused_by_the_name_of_the_variable(string text)
    {
        Assert.Contains("TICKETS_STORAGE is not the connection string", Assert.Throws<LocalStackException>(() => ExistingStorage.Check(text)).Message);
        if (text != "garbage")
            return;
        var (exit, output) = await StackProgram.RunAsync(Data, "up", storage: text);
        Assert.Equal(1, exit);
        Assert.Contains("TICKETS_STORAGE is not the connection string of a storage account", output);
        Assert.DoesNotContain("   at ", output);
    }

    private static string NewPrefix() => $"existing_{Interlocked.Increment(ref _prefixes)}";

    private static string KeyIn(string output) => output.Split('\n').Single(line => line.StartsWith("API key", StringComparison.Ordinal)).Split(' ')[^1];

    private static async Task<bool> HasContainerAsync(LocalStack stack) =>
        await new BlobServiceClient(stack.StorageConnectionString).GetBlobContainerClient("cold").ExistsAsync(Cancel);

    private Task<LocalStack> StartAsync(string prefix) => LocalStack.StartAsync(
        LocalStackOptions.ForTests() with { DataDirectory = Data, WipeAtEnd = false, ExistingPostgres = Postgres, DatabasePrefix = prefix, HotShards = 1 }, Cancel);
}
