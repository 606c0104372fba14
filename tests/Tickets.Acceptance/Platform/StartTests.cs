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

        foreach (var (schema, databases) in new[] { ("settings", [side.Stack.SettingsDatabase]), ("hot", side.Stack.Shards.Values.ToArray()) })
        {
            var applied = new List<int>();
            foreach (var database in databases)
                applied.AddRange(await VersionsAsync(database));
            var logged = processes.Sum(process => File.ReadLines(process.LogFile).Count(line => line.Contains("Applied schema version", StringComparison.Ordinal) && line.Contains($"{schema} database", StringComparison.Ordinal)));
            Assert.NotEmpty(applied);
            // The local stack makes its key before the first process starts, and so may have brought the settings up to date.
            Assert.InRange(logged, schema == "settings" ? 0 : applied.Count, applied.Count);
        }

        Assert.All(processes, process => Assert.DoesNotContain("fail:", File.ReadAllText(process.LogFile), StringComparison.Ordinal));
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

    private static async Task<List<int>> VersionsAsync(string connectionString)
    {
        await using var database = NpgsqlDataSource.Create(connectionString);
        await using var command = database.CreateCommand("select version from schema_versions");
        await using var reader = await command.ExecuteReaderAsync();
        var versions = new List<int>();
        while (await reader.ReadAsync())
            versions.Add(reader.GetInt32(0));
        return versions;
    }
}
