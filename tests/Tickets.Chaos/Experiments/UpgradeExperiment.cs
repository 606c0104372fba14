using System.Text.Json;
using Npgsql;
using Tickets.Chaos.Running;
using Tickets.Chaos.Upgrade;
using Tickets.Local;

namespace Tickets.Chaos.Experiments;

/// <summary>R13: databases of every earlier schema number, filled, written to, and brought up to date by four processes at once.</summary>
internal sealed class UpgradeExperiment : IExperiment
{
    private const int Tickets = 60;
    private const int Starters = 4;

    // What the app does by itself once it runs changes others.
    private static readonly string[] Compared = ["tickets", "ticket_meta", "ticket_numbers_used", "departures"];

    public string Name => "upgrade";

    public string Requirement => "R13";

    public string Description => "Databases with the schema of every earlier number, filled with tickets and written to in the old form, upgraded by four processes that start at once: each file is applied once, no row changes, every ticket reads as before.";

    public TimeSpan Whole => TimeSpan.FromMinutes(3);

    public TimeSpan Bounded => TimeSpan.FromSeconds(30);

    public async Task RunAsync(ChaosRun run)
    {
        await using var scene = await Scene.StartAsync(run, processes: 1);
        var tickets = await MakeTicketsAsync(scene);
        var versions = SchemaFiles.Of("hot").Select(file => file.Version).ToList();
        var earlier = versions[..^1];
        // In the bounded tier the first one, which has everything before it, and another by lot.
        var chosen = run.Options.Bounded ? [earlier[0], earlier[1 + new Random(run.SeedOf("version")).Next(earlier.Count - 1)]] : earlier;
        foreach (var version in chosen)
            await UpgradeAsync(run, scene, tickets, version, versions);
        run.Sheet.Info("versions_upgraded", chosen.Count, "schemas");
    }

    private static async Task UpgradeAsync(ChaosRun run, Scene today, IReadOnlyDictionary<string, string> tickets, int version, List<int> versions)
    {
        run.Progress.Stage($"from schema {version}");
        await using var stack = await LocalStack.StartAsync(LocalStackOptions.ForTests() with
        {
            ExistingPostgres = today.Stack.Postgres!.ConnectionString("postgres"),
            ExistingStorage = today.Stack.StorageConnectionString,
            DatabasePrefix = $"from_{version}",
        });
        await MakeOldAsync(today.Stack.SettingsDatabase, stack.SettingsDatabase, "settings", version);
        foreach (var (shard, database) in stack.Shards)
            await MakeOldAsync(today.Stack.Shards[shard], database, "hot", version);
        var before = await SumsAsync(stack.Shards, null);

        using var upgraded = new CancellationTokenSource();
        var load = new OldLoad(stack.Shards["hot-0"]);
        var loading = load.RunAsync(upgraded.Token);
        var apps = await Task.WhenAll(Enumerable.Range(0, Starters).Select(_ => stack.StartAppAsync()));
        await upgraded.CancelAsync();
        await loading;

        var missing = versions.Where(each => each > version).ToList();
        var applied = apps.SelectMany(app => File.ReadLines(app.LogFile)).Where(line => line.Contains("Applied schema version", StringComparison.Ordinal) && line.Contains("hot", StringComparison.Ordinal)).ToList();
        run.Judge($"from {version}: each file is applied once to each shard", applied.Count == missing.Count * stack.Shards.Count, $"{applied.Count} files were applied where {missing.Count} were missing on {stack.Shards.Count} shards:\n{string.Join('\n', applied)}");
        var after = await SumsAsync(stack.Shards, before.Columns);
        run.Judge($"from {version}: no row is another", [.. before.Sums.Where(sum => after.Sums[sum.Key] != sum.Value).Select(sum => $"{sum.Key} has changed")]);
        run.Judge($"from {version}: what was written meanwhile is there", await load.LostAsync() == 0 && load.Written.Count > 0, $"of {load.Written.Count} rows {await load.LostAsync()} are lost");
        run.Judge($"from {version}: every ticket reads as before, and work goes on", await ServesAsync(apps, stack.DevelopmentKey!, tickets));
    }

    private static async Task<Dictionary<string, string>> MakeTicketsAsync(Scene scene)
    {
        var queue = await scene.MakeQueueAsync("upgrade/a");
        var tickets = new Dictionary<string, string>();
        for (var n = 0; n < Tickets; n++)
        {
            var id = (await scene.Client.UntilOkAsync("POST", "/tickets", $$"""{"queue": "{{queue}}", "group": "g", "meta": {"report": {"n": {{n}}, "text": "a gull é"} }, "indexed_meta": {"number": {{n}}, "name": "n{{n % 7}}"} }""")).Json.GetProperty("ticket_id").GetString()!;
            if (n % 3 > 0)
                await scene.Client.UntilOkAsync("PATCH", $"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"status": "{{(n % 3 == 1 ? "busy" : "closed\", \"resolution\": \"done")}}", "meta.note": "later"} }""");
            tickets[id] = (await scene.Client.UntilOkAsync("GET", $"/tickets/{id}?queue={queue}", null)).Text;
        }

        return tickets;
    }

    private static async Task MakeOldAsync(string today, string old, string schema, int version)
    {
        await using var from = new NpgsqlConnection(today);
        await using var to = new NpgsqlConnection(old);
        await from.OpenAsync();
        await to.OpenAsync();
        await SchemaFiles.ApplyAsync(to, schema, version);
        await new OlderCopy(from, to).RunAsync();
    }

    /// <param name="columns">Of each table, those to look at; null for all that it has.</param>
    private static async Task<(Dictionary<string, string> Sums, Dictionary<string, List<string>> Columns)> SumsAsync(IReadOnlyDictionary<string, string> shards, Dictionary<string, List<string>>? columns)
    {
        var (sums, known) = (new Dictionary<string, string>(), new Dictionary<string, List<string>>());
        foreach (var (shard, database) in shards)
        {
            await using var connection = new NpgsqlConnection(database);
            await connection.OpenAsync();
            foreach (var table in Compared)
            {
                // A column that today has under another name, or no more, is the migration's doing.
                var all = await OlderCopy.ColumnsAsync(connection, table);
                known[table] = columns is null ? [.. all.Where(column => column != "arrived_version")] : columns[table];
                var row = string.Join(", ", known[table]);
                sums[$"{shard}.{table}"] = (await OlderCopy.ListAsync(connection, $"select count(*) || ' ' || coalesce(md5(string_agg(line, ';' order by line)), '') from (select row({row})::text as line from {table}) as lines")).Single();
            }
        }

        return (sums, known);
    }

    private static async Task<IReadOnlyList<string>> ServesAsync(AppProcess[] apps, string key, IReadOnlyDictionary<string, string> tickets)
    {
        var faults = new List<string>();
        var turn = 0;
        using var client = new ChaosClient(() => apps[turn++ % apps.Length].Address, key);
        foreach (var (id, text) in tickets)
        {
            var reply = await client.UntilOkAsync("GET", $"/tickets/{id}?queue=upgrade/a", null);
            if (!JsonElement.DeepEquals(JsonElement.Parse(text), reply.Json))
                faults.Add($"ticket {id} was {text} and is {reply.Text}");
        }

        var made = await client.UntilOkAsync("POST", "/tickets", """{"queue": "upgrade/a"}""");
        if (tickets.ContainsKey(made.Json.GetProperty("ticket_id").GetString()!))
            faults.Add($"the number of a new ticket was given out before: {made.Text}");
        return faults;
    }
}
