using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Tickets.Core;
using Tickets.Local;

namespace Tickets.Acceptance.Running;

/// <summary>The system without its transport, on the databases of a stack: for tests that take single steps of it.</summary>
internal sealed class CoreProcess(IHost host) : IAsyncDisposable
{
    public T Get<T>()
        where T : notnull => host.Services.GetRequiredService<T>();

    public static async Task<CoreProcess> StartAsync(LocalStack stack, params (string Name, string Value)[] settings)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Settings:Database"] = stack.SettingsDatabase,
            ["Shards:hot-0"] = stack.Shards["hot-0"],
            ["Shards:hot-1"] = stack.Shards["hot-1"],
            ["Storage:ConnectionString"] = stack.StorageConnectionString,
            // It shares the other processes' work, also that of delivering to the tests' receivers.
            ["Webhooks:AllowPrivate"] = "true",
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        builder.Services.AddTickets(builder.Configuration);
        var host = builder.Build();
        await host.StartAsync();
        await host.Services.GetRequiredService<SettingsCache>().Loaded;
        return new CoreProcess(host);
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }
}
