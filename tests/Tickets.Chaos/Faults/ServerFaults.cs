using Tickets.Local;
using Tickets.Local.Postgres;

namespace Tickets.Chaos.Faults;

/// <summary>SIGKILL to the postmaster and with it to all sessions; down for up to two seconds; ends when it answers again.</summary>
internal sealed class KillPostgres(PostgresServer postgres) : IFault
{
    public string Name => "kill postgres";

    public async Task StrikeAsync(Random random)
    {
        await postgres.KillAsync();
        await Task.Delay(random.Next(0, 2000));
        await postgres.StartAsync();
    }
}

internal sealed class KillStorage(AzuriteServer storage) : IFault
{
    public string Name => "kill storage";

    public async Task StrikeAsync(Random random)
    {
        await storage.KillAsync();
        await Task.Delay(random.Next(0, 1000));
        await storage.StartAsync();
    }
}

internal sealed class KillBroker(ServiceBusBroker broker) : IFault
{
    public string Name => "kill service bus";

    public async Task StrikeAsync(Random random)
    {
        await broker.KillAsync();
        await Task.Delay(random.Next(0, 1000));
        await broker.StartAsync();
    }
}

/// <summary>Every session of a database's clients is ended by the server, as an administrator or a failover does.</summary>
internal sealed class EndSessions(string server) : IFault
{
    public string Name => "end sessions";

    public Task StrikeAsync(Random random) => Tickets.Bench.Stack.Sql.ExecuteAsync(
        server, "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname is not null and backend_type = 'client backend'");
}

/// <summary>Every connection that goes through the proxy is reset.</summary>
internal sealed class ResetConnections(TcpProxy proxy) : IFault
{
    public string Name => "reset connections";

    public Task StrikeAsync(Random random)
    {
        proxy.ResetAll();
        return Task.CompletedTask;
    }
}
