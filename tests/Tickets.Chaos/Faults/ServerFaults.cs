using Tickets.Local;
using Tickets.Local.Postgres;

namespace Tickets.Chaos.Faults;

/// <summary>SIGKILL to a server and all of it; down for up to <paramref name="mostDown"/> ms; ends when it answers again.</summary>
internal sealed class KillServer(string name, int mostDown, Func<Task> kill, Func<Task> start) : IFault
{
    public string Name => $"kill {name}";

    public static KillServer Postgres(PostgresServer server) => new("postgres", 2000, server.KillAsync, () => server.StartAsync());

    public static KillServer Storage(AzuriteServer server) => new("storage", 1000, server.KillAsync, () => server.StartAsync());

    public static KillServer Broker(ServiceBusBroker server) => new("service bus", 1000, server.KillAsync, () => server.StartAsync());

    public async Task StrikeAsync(Random random)
    {
        await kill();
        await Task.Delay(random.Next(0, mostDown));
        await start();
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
