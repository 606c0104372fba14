using System.Net.Http.Json;
using Npgsql;
using Tickets.Local;

namespace Tickets.Acceptance.ChangeLog;

[CollectionDefinition(nameof(RelayedApp))]
public class RelayedAppCollection : ICollectionFixture<RelayedApp>;

/// <summary>An app with databases and a Service Bus of its own, for tests that break its relay or its log; they come one after the other.</summary>
public sealed class RelayedApp(RunningApp shared) : IAsyncLifetime
{
    private static readonly HttpClient Http = new();

    private SideApp _side = null!;

    public LocalStack Stack => _side.Stack;

    /// <summary>Through whichever process is running.</summary>
    public Api Admin => _side.Admin.At(Stack.Apps.Last(app => !app.HasExited).Address);

    public async ValueTask InitializeAsync() => _side = await SideApp.StartPublishingAsync(shared);

    public ValueTask DisposeAsync() => _side.DisposeAsync();

    public Task<string> NewQueueAsync(string shard) => RunningApp.NewQueueAsync(Admin, shard);

    /// <summary>What the next sends of the relay meet; see the broker's README.</summary>
    public async Task PlanFaultsAsync(params object[] faults)
    {
        using var planned = await Http.PutAsJsonAsync(new Uri(Stack.ServiceBus!.Address, "/$local/faults"), faults);
        planned.EnsureSuccessStatusCode();
    }

    public async Task<T> ScalarAsync<T>(string shard, string sql)
    {
        await using var connection = new NpgsqlConnection(Stack.Shards[shard]);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Waits until Service Bus has taken everything up to this op.</summary>
    public Task UntilPublishedAsync(string shard, long opid) => Eventually.IsAsync(
        async () => await ScalarAsync<bool>(shard, $"select exists (select from oplog_followers where follower = 'service-bus' and opid >= {opid})"), TimeSpan.FromMinutes(2));
}
