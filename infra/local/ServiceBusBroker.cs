using Tickets.Local.Processes;

namespace Tickets.Local;

/// <summary>
/// Azure Service Bus on this machine (<c>servicebus/</c>): topics over AMQP and the REST send, on one port. Tests and fault runs may stop,
/// kill and start it as they like; its port stays, and so does what it has accepted.
/// </summary>
public sealed class ServiceBusBroker : IAsyncDisposable
{
    private const string KeyName = "RootManageSharedAccessKey";

    // Only on loopback and only for development: it keeps apart stacks, and protects nothing.
    private const string Key = "bG9jYWwtZGV2ZWxvcG1lbnQta2V5";

    private readonly ServerProcess _process;
    private readonly int _port;

    private ServiceBusBroker(ProcessSpec spec, int port, string modules) =>
        (_process, _port, Modules) = (new ServerProcess(spec, log => log.Contains("listening on", StringComparison.Ordinal)), port, modules);

    /// <summary>As official SDKs take it: without TLS, on loopback.</summary>
    public string ConnectionString => $"Endpoint=sb://127.0.0.1:{_port};SharedAccessKeyName={KeyName};SharedAccessKey={Key};UseDevelopmentEmulator=true;";

    /// <summary>The REST endpoint, below whose <c>$local</c> are the controls for tests; see <c>servicebus/README.md</c>.</summary>
    public Uri Address => new($"http://127.0.0.1:{_port}");

    /// <summary>A folder whose <c>node_modules</c> has the official SDK for JavaScript.</summary>
    public string Modules { get; }

    public int Pid => _process.Pid;

    internal Task<string> Exited => _process.Exited;

    internal static Task<ServiceBusBroker> StartAsync(Installation installation, StackDirectory directory, LocalStackOptions options, CancellationToken cancellationToken) =>
        FreePort.StartAsync(async () =>
        {
            var port = FreePort.Pick(options.ServiceBusPort);
            Directory.CreateDirectory(directory.ServiceBus);
            var broker = new ServiceBusBroker(Spec(installation, directory, port), port, installation.Folder);
            try
            {
                await broker.StartAsync(cancellationToken);
                return broker;
            }
            catch
            {
                await broker.DisposeAsync();
                throw;
            }
        });

    /// <summary>Starts it again after <see cref="StopAsync"/> or <see cref="KillAsync"/>; returns when it listens.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default) => _process.StartAsync(cancellationToken);

    public Task StopAsync() => _process.StopAsync();

    public Task KillAsync() => _process.KillAsync();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static ProcessSpec Spec(Installation installation, StackDirectory directory, int port)
    {
        var home = Repository.PathTo("infra", "local", "servicebus");
        return new(
            "Service Bus",
            "node",
            [
                Path.Combine(home, "broker.mjs"), "--port", $"{port}", "--data", directory.ServiceBus, "--topics", Path.Combine(home, "topics.json"),
                "--key-name", KeyName, "--key", Key, "--modules", installation.Folder,
            ],
            directory.LogFile("servicebus"),
            directory.PidFile("servicebus"))
        {
            WorkingDirectory = directory.ServiceBus,
        };
    }
}
