using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using Tickets.Local;

namespace Tickets.Bench.Stack;

/// <summary>A local stack for measuring: its own data, the machine's memory used as a database server would, every commit durable.</summary>
internal sealed class BenchStack : IAsyncDisposable
{
    private static readonly Dictionary<string, string> PostgresSettings = new()
    {
        ["shared_buffers"] = "1GB",
        ["max_wal_size"] = "8GB",
        ["checkpoint_timeout"] = "15min",
        ["fsync"] = "on",
        ["synchronous_commit"] = "on",
    };

    private readonly LocalStack _stack;
    private readonly List<AppProcess> _apps;

    private BenchStack(LocalStack stack) => (_stack, _apps) = (stack, [.. stack.Apps]);

    /// <summary>The app processes that run now.</summary>
    public IReadOnlyList<AppProcess> Apps => _apps;

    public string Key => _stack.DevelopmentKey!;

    public string SettingsDatabase => _stack.SettingsDatabase;

    public string Shard => _stack.Shards["hot-0"];

    /// <summary>Azurite's connection string.</summary>
    public string Storage => _stack.StorageConnectionString;

    public NpgsqlConnectionStringBuilder Server => new(_stack.Postgres!.ConnectionString("postgres"));

    public int PostgresPid => _stack.Postgres!.Pid;

    public ServiceBusBroker ServiceBus => _stack.ServiceBus!;

    /// <summary>One hot shard, because the floor is one database, and one app process.</summary>
    /// <param name="environment">Of the app processes; what is changed in it holds for those that are started later.</param>
    public static async Task<BenchStack> StartAsync(string? app, Action<string> progress, bool withServiceBus = false, IReadOnlyDictionary<string, string>? environment = null) =>
        new(await LocalStack.StartAsync(LocalStackOptions.ForTests() with
        {
            WithApp = true,
            HotShards = 1,
            WithServiceBus = withServiceBus,
            AppEnvironment = environment ?? new Dictionary<string, string>(),
            AppExecutable = app is null ? null : Path.GetFullPath(app),
            PostgresSettings = PostgresSettings,
            Progress = new Progress<string>(progress),
        }));

    public async Task<AppProcess> StartAppAsync()
    {
        var app = await _stack.StartAppAsync();
        _apps.Add(app);
        return app;
    }

    public async Task StopAppAsync(AppProcess app)
    {
        _apps.Remove(app);
        await app.StopAsync();
    }

    /// <summary>A client for the bench's own preparations; loads have their own.</summary>
    public HttpClient CreateClient()
    {
        var client = new HttpClient { BaseAddress = new Uri(Apps[0].Address, "api/v1/"), Timeout = TimeSpan.FromMinutes(2) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        return client;
    }

    /// <summary>Makes a workflow or a queue.</summary>
    public static async Task PutAsync(HttpClient client, string path, JsonNode body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(body) };
        request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
        using var response = await client.SendAsync(request);
        if (!response.IsSuccessStatusCode)
            throw new BenchException($"PUT {path} was answered with {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
    }

    public async ValueTask DisposeAsync() => await _stack.DisposeAsync();
}
