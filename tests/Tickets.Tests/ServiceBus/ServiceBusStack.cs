using System.Net.Http.Json;
using Npgsql;
using Tickets.Local;

namespace Tickets.Tests.ServiceBus;

[CollectionDefinition(nameof(ServiceBusStack))]
public class ServiceBusStackCollection : ICollectionFixture<ServiceBusStack>;

/// <summary>PostgreSQL and the broker for the tests of what publishes.</summary>
public sealed class ServiceBusStack : IAsyncLifetime
{
    private static readonly HttpClient Http = new();
    private static int _topics;

    private RelayScene? _scene;

    public LocalStack Stack { get; private set; } = null!;

    public ServiceBusBroker Broker => Stack.ServiceBus!;

    /// <summary>A new topic with the subscription <c>s</c>.</summary>
    public async Task<string> NewTopicAsync(int duplicateDetectionSeconds = 600, int maxMessageBytes = 256 * 1024)
    {
        var name = $"topic-{Interlocked.Increment(ref _topics)}";
        await PutAsync($"topics/{name}", new { duplicateDetectionSeconds, maxMessageBytes, subscriptions = new { s = new { requiresSession = true, lockSeconds = 60 } } });
        return name;
    }

    /// <summary>The connection string of a new, empty database.</summary>
    public async Task<string> CreateDatabaseAsync(string name)
    {
        await using var admin = NpgsqlDataSource.Create(Stack.Postgres!.ConnectionString("postgres"));
        await using var create = admin.CreateCommand($"create database {name}");
        await create.ExecuteNonQueryAsync();
        return Stack.Postgres.ConnectionString(name);
    }

    /// <summary>What the next sends meet; see the broker's README.</summary>
    public Task PlanFaultsAsync(params object[] faults) => PutAsync("faults", faults);

    public async ValueTask InitializeAsync() => Stack = await LocalStack.StartAsync(LocalStackOptions.ForTests() with { WithServiceBus = true, WithStorage = false });

    public async ValueTask DisposeAsync()
    {
        if (_scene is not null)
            await _scene.EndAsync();
        await Stack.DisposeAsync();
    }

    /// <summary>The relay's databases, made when first asked for.</summary>
    internal async Task<RelayScene> SceneAsync() => _scene ??= await RelayScene.MakeAsync(this);

    private async Task PutAsync(string path, object body)
    {
        using var response = await Http.PutAsJsonAsync(new Uri(Broker.Address, $"/$local/{path}"), body);
        response.EnsureSuccessStatusCode();
    }
}
