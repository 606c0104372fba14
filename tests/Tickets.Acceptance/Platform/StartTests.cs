using Npgsql;

namespace Tickets.Acceptance.Platform;

public class StartTests(RunningApp app)
{
    [Fact]
    public async Task Four_processes_that_start_at_once_on_empty_databases_apply_the_schema_once_and_are_all_ready()
    {
        await using var side = await SideApp.StartAsync(app, withApp: false);

        // Each returns when its process says that it is ready.
        var processes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => side.Stack.StartAppAsync()));

        // The stack itself brings the settings database up to date, to put its key in; the processes race for the hot shards.
        await IsEachOnceAsync(side.Stack.SettingsDatabase, "settings");
        foreach (var shard in side.Stack.Shards.Values)
            await IsEachOnceAsync(shard, "hot");
        var applied = processes.Sum(process => File.ReadLines(process.LogFile).Count(line => line.Contains("Applied schema version", StringComparison.Ordinal)));
        Assert.Equal(side.Stack.Shards.Count * Files("hot").Count, applied);

        Assert.DoesNotContain(processes.SelectMany(process => File.ReadLines(process.LogFile)), line => line.Contains(" fail: ", StringComparison.Ordinal));
        foreach (var process in processes)
            (await new Api(process.Address, null).GetAsync("/ping")).Ok();
    }

    [Fact]
    public async Task A_process_without_its_configuration_says_what_is_missing_and_ends()
    {
        await using var side = await SideApp.StartAsync(app, false, ("Settings__Database", ""));

        var fault = await Assert.ThrowsAnyAsync<Exception>(() => side.Stack.StartAppAsync());

        Assert.Contains("Settings", fault.Message, StringComparison.Ordinal);
    }

    private static async Task IsEachOnceAsync(string database, string schema) => Assert.Equal(Files(schema), await VersionsAsync(database));

    /// <summary>The numbers of the schema's files.</summary>
    private static List<int> Files(string schema) =>
        [.. typeof(SettingsCache).Assembly.GetManifestResourceNames().Where(name => name.Replace('\\', '/').StartsWith($"Platform/Schema/{schema}/schema-", StringComparison.Ordinal))
            .Select(name => int.Parse(Path.GetFileNameWithoutExtension(name)[^3..])).Order()];

    private static async Task<List<int>> VersionsAsync(string connectionString)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var command = database.CreateCommand("select version from schema_versions order by version");
        await using var reader = await command.ExecuteReaderAsync();
        var versions = new List<int>();
        while (await reader.ReadAsync())
            versions.Add(reader.GetInt32(0));
        return versions;
    }
}
