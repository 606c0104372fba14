using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Tickets.Core;
using Tickets.Core.Ticketing.Placement;
using Tickets.Local;

namespace Tickets.Acceptance.Moves;

/// <summary>A process of its own that moves queues between the shards of a stack, step by step as a test asks.</summary>
internal sealed class Relocator(IHost host) : IAsyncDisposable
{
    /// <summary>Processes with older settings are out of service after this; the shards are cleared then.</summary>
    public static readonly TimeSpan MaxStaleness = TimeSpan.FromSeconds(3);

    public QueueRelocation Steps => host.Services.GetRequiredService<QueueRelocation>();

    public static async Task<Relocator> StartAsync(LocalStack stack)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Settings:Database"] = stack.SettingsDatabase,
            ["Settings:MaxStaleness"] = MaxStaleness.ToString(),
            ["Shards:hot-0"] = stack.Shards["hot-0"],
            ["Shards:hot-1"] = stack.Shards["hot-1"],
            ["Storage:ConnectionString"] = stack.StorageConnectionString,
        });
        builder.Services.AddTickets(builder.Configuration);
        var host = builder.Build();
        await host.StartAsync();
        await host.Services.GetRequiredService<SettingsCache>().Loaded;
        return new Relocator(host);
    }

    /// <summary>All steps, as the operation takes them.</summary>
    public async Task MoveAsync(string queue, string moveId, params string[] to)
    {
        Assert.False((await Steps.BeginAsync(queue, moveId, to, CancellationToken.None)).IsProblem);
        while (!await Steps.CopyAsync(queue, moveId, TimeSpan.FromSeconds(1), _ => { }, CancellationToken.None))
        {
        }

        await Steps.SwitchAsync(queue, moveId, CancellationToken.None);
    }

    public async Task ClearAsync(string queue, string moveId)
    {
        await Task.Delay(MaxStaleness + TimeSpan.FromSeconds(6));
        await Steps.ClearAsync(queue, moveId, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }
}
