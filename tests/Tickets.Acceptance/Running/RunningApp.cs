using Npgsql;
using Tickets.Acceptance.Access;
using Tickets.Local;

[assembly: AssemblyFixture(typeof(RunningApp))]

namespace Tickets.Acceptance.Running;

/// <summary>
/// PostgreSQL, Azurite and one process of the app for all tests of the assembly. Tests keep to queues of their own; those that
/// break something take more processes, or a <see cref="SideApp"/>.
/// </summary>
public sealed class RunningApp : IAsyncLifetime
{
    private const string Workflow = "incidents/v1";

    private static int _queues;

    private readonly Dictionary<Role, string> _keys = [];
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly Tests.OneSuiteAtATime _turn = new();
    private Task<AppProcess>? _second;

    public LocalStack Stack { get; private set; } = null!;

    /// <summary>Whose tokens the app takes.</summary>
    public TestIssuer Issuer { get; private set; } = null!;

    /// <summary>Calls with an administrator's key.</summary>
    public Api Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await _turn.InitializeAsync();
        Issuer = await TestIssuer.StartAsync();
        Stack = await LocalStack.StartAsync(LocalStackOptions.ForTests() with
        {
            WithApp = true,
            AppEnvironment = new Dictionary<string, string> { ["Access__Issuer"] = Issuer.Address, ["Access__Audience"] = TestIssuer.Audience },
            PostgresSettings = new Dictionary<string, string> { ["max_connections"] = "500", ["shared_buffers"] = "128MB" },
        });
        Admin = new Api(Stack.Apps[0].Address, Stack.DevelopmentKey);
        await PutWorkflowAsync(Admin);
    }

    public async ValueTask DisposeAsync()
    {
        await Stack.DisposeAsync();
        await Issuer.DisposeAsync();
        await _turn.DisposeAsync();
        _gate.Dispose();
    }

    /// <summary>The same system through a second process of the app, started when first asked for.</summary>
    public async Task<Api> SecondAsync()
    {
        Task<AppProcess> starting;
        await _gate.WaitAsync();
        try
        {
            starting = _second ??= Stack.StartAppAsync();
        }
        finally
        {
            _gate.Release();
        }

        return Admin.At((await starting).Address);
    }

    /// <summary>A caller with a key of this role; without prefixes it reaches every queue.</summary>
    public async Task<Api> AsAsync(Role role, params string[] prefixes)
    {
        if (prefixes.Length > 0)
            return await WithNewKeyAsync(role, prefixes);
        await _gate.WaitAsync();
        try
        {
            if (!_keys.TryGetValue(role, out var key))
                _keys[role] = key = (await WithNewKeyAsync(role, [""])).Key!;
            return Admin.As(key);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>A new queue; its workflow is the one of <see cref="Incidents"/> unless another is named.</summary>
    public Task<string> NewQueueAsync(string? shard = null, string workflow = Workflow, string retention = "P7D", string below = "t") =>
        NewQueueAsync(Admin, shard, workflow, retention, below);

    internal static async Task<string> NewQueueAsync(Api api, string? shard = null, string workflow = Workflow, string retention = "P7D", string below = "t")
    {
        var queue = NewName(below);
        var shards = shard is null ? "" : $$""", "shards": ["{{shard}}"]""";
        var made = await api.PutAsync($"/queues?queue={queue}", $$"""{"queue": "{{queue}}", "workflow_id": "{{workflow}}", "hot_retention": "{{retention}}"{{shards}} }""", ("If-None-Match", "*"));
        made.Ok();
        return queue;
    }

    /// <summary>A name that no other test uses.</summary>
    public static string NewName(string below) => $"{below}/{Interlocked.Increment(ref _queues)}";

    internal static async Task PutWorkflowAsync(Api api) =>
        (await api.PutAsync($"/workflows?workflow_id={Workflow}", Incidents(Workflow), ("If-None-Match", "*"))).Ok();

    /// <summary>Reported, triaged, repaired, closed: with resolutions at the end and one indexed field of each type.</summary>
    public static string Incidents(string workflowId) =>
        $$"""
        {"workflow_id": "{{workflowId}}", "initial": "reported",
         "statuses": {
           "reported": {"to": ["triaged", "closed"], "lifetime": "PT4H", "remind_every": "PT1H", "group": "dispatch", "on_timeout": "closed"},
           "triaged":  {"to": ["repaired", "closed"]},
           "repaired": {"to": ["closed", "triaged"]},
           "closed":   {"to": ["triaged-"], "terminal": true, "resolutions": ["fixed", "no_damage", "duplicate"], "resolution_required": true} },
         "indexed_fields": {"cost": {"type": "int64", "slot": 1}, "state": {"type": "string", "slot": 1}, "miles": {"type": "int64", "slot": 2} },
         "indexes": [["state"], ["state", "cost"]]}
        """;

    private async Task<Api> WithNewKeyAsync(Role role, string[] prefixes)
    {
        await using var settings = NpgsqlDataSource.Create(Stack.SettingsDatabase);
        var key = await new ApiKeyStore(settings, TimeProvider.System).CreateAsync(role, prefixes, "Made by a test", CancellationToken.None);
        var api = Admin.As(key);
        // The process learns of it with the next refresh of its settings.
        await Eventually.IsAsync(async () => (await api.GetAsync("/queues?prefix=none")).Status == 200);
        return api;
    }
}
