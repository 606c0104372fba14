using Tickets.Local;

namespace Tickets.Tests.Local;

public sealed class DevelopmentKeyTests(StackFixture fixture) : IClassFixture<StackFixture>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tickets-key-").FullName;

    private string KeyFile => Path.Combine(_folder, "development.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_key_is_made_once_and_only_its_owner_can_read_it()
    {
        var key = await KeyOfAsync(fixture.Stack.Shards["hot-0"]);
        Assert.StartsWith("tk_", key);
        Assert.Equal(key, await KeyOfAsync(fixture.Stack.Shards["hot-0"]));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
    }

    [Fact]
    public async Task A_key_that_the_database_does_not_know_is_replaced()
    {
        var key = await KeyOfAsync(fixture.Stack.SettingsDatabase);
        await Sql.ScalarAsync<int>(fixture.Stack.SettingsDatabase, "delete from api_keys; select 1");
        var next = await KeyOfAsync(fixture.Stack.SettingsDatabase);
        Assert.NotEqual(key, next);
        Assert.Equal(1L, await Sql.ScalarAsync<long>(fixture.Stack.SettingsDatabase, "select count(*) from api_keys where role = 'admin'"));
    }

    private Task<string> KeyOfAsync(string database) => DevelopmentKey.EnsureAsync(KeyFile, database, TestContext.Current.CancellationToken);
}
