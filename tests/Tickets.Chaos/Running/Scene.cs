using System.Text.Json;
using Tickets.Chaos.Faults;
using Tickets.Local;

namespace Tickets.Chaos.Running;

/// <summary>A stack of the run's own with some processes of the app, a workflow and queues.</summary>
internal sealed class Scene : IAsyncDisposable
{
    private const string Workflow = "chaos/v1";

    private Scene(LocalStack stack, Fleet fleet, ChaosClient client) => (Stack, Fleet, Client) = (stack, fleet, client);

    public LocalStack Stack { get; }

    public Fleet Fleet { get; }

    /// <summary>For what the run itself has to do: asks the first process.</summary>
    public ChaosClient Client { get; }

    /// <param name="environment">Of the app, asked for once the databases are there.</param>
    public static async Task<Scene> StartAsync(ChaosRun run, int processes, bool withServiceBus = false, Func<LocalStack, IReadOnlyDictionary<string, string>>? environment = null)
    {
        run.Progress.Stage("starting PostgreSQL, storage and the app");
        // Filled in before the first process of the app starts, and read then.
        var variables = new Dictionary<string, string>();
        var stack = await LocalStack.StartAsync(LocalStackOptions.ForTests() with
        {
            WithServiceBus = withServiceBus,
            AppEnvironment = variables,
            PostgresSettings = new Dictionary<string, string> { ["shared_buffers"] = "128MB", ["max_wal_size"] = "1GB", ["max_connections"] = "300" },
        });
        try
        {
            foreach (var (name, value) in environment?.Invoke(stack) ?? new Dictionary<string, string>())
                variables[name] = value;
            var fleet = await Fleet.StartAsync(stack, processes);
            var scene = new Scene(stack, fleet, new ChaosClient(() => fleet[0].Address, fleet.Key, TimeSpan.FromMinutes(2)));
            await scene.Client.UntilOkAsync("PUT", $"/workflows?workflow_id={Workflow}", Definition, ("If-None-Match", "*"));
            return scene;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client that asks the process of a place.</summary>
    public ChaosClient ClientOf(int place) => new(() => Fleet[place].Address, Fleet.Key);

    public async Task<string> MakeQueueAsync(string name, string? shard = null, string retention = "P7D")
    {
        var shards = shard is null ? "" : $$""", "shards": ["{{shard}}"]""";
        await Client.UntilOkAsync("PUT", $"/queues?queue={name}", $$"""{"queue": "{{name}}", "workflow_id": "{{Workflow}}", "hot_retention": "{{retention}}"{{shards}} }""", ("If-None-Match", "*"));
        return name;
    }

    /// <summary>The change log from its beginning to its end.</summary>
    public async Task<List<JsonElement>> ReadLogAsync()
    {
        var ops = new List<JsonElement>();
        string? cursor = null;
        while (true)
        {
            var page = (await Client.UntilOkAsync("GET", $"/oplog?max_ops=1000{(cursor is null ? "" : $"&cursor={cursor}")}", null)).Json;
            var found = page.GetProperty("ops").EnumerateArray().ToList();
            if (found.Count == 0)
                return ops;
            ops.AddRange(found);
            cursor = page.GetProperty("next_cursor").GetString();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Stack.DisposeAsync();
    }

    private const string Definition =
        """
        {"workflow_id": "chaos/v1", "initial": "open",
         "statuses": {
           "open":   {"to": ["busy", "closed"]},
           "busy":   {"to": ["open", "closed"]},
           "closed": {"to": ["open-"], "terminal": true, "resolutions": ["done", "dropped"], "resolution_required": true} },
         "indexed_fields": {"number": {"type": "int64", "slot": 1}, "name": {"type": "string", "slot": 1} },
         "indexes": [["number"]]}
        """;
}
