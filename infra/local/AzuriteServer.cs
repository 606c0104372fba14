using Tickets.Local.Processes;

namespace Tickets.Local;

/// <summary>Blob, queue and table storage on this machine.</summary>
public sealed class AzuriteServer : IAsyncDisposable
{
    private const int Services = 3;

    // Azurite's published development account; it protects nothing.
    private const string Account = "devstoreaccount1";
    private const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly ServerProcess _process;

    private AzuriteServer(ProcessSpec spec, int blobPort, int queuePort, int tablePort)
    {
        _process = new ServerProcess(spec, log => log.Split("successfully listening").Length > Services);
        ConnectionString = $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={AccountKey};"
            + $"BlobEndpoint=http://127.0.0.1:{blobPort}/{Account};QueueEndpoint=http://127.0.0.1:{queuePort}/{Account};TableEndpoint=http://127.0.0.1:{tablePort}/{Account};";
    }

    public string ConnectionString { get; }

    internal Task<string> Exited => _process.Exited;

    internal static Task<AzuriteServer> StartAsync(Installation installation, StackDirectory directory, string data, LocalStackOptions options, CancellationToken cancellationToken) =>
        FreePort.StartAsync(async () =>
        {
            var (blob, queue, table) = (FreePort.Pick(options.BlobPort), FreePort.Pick(options.QueuePort), FreePort.Pick(options.TablePort));
            Directory.CreateDirectory(data);
            var azurite = new AzuriteServer(Spec(installation, directory, data, options, blob, queue, table), blob, queue, table);
            try
            {
                await azurite.StartAsync(cancellationToken);
                return azurite;
            }
            catch
            {
                await azurite.DisposeAsync();
                throw;
            }
        });

    /// <summary>Starts it again after <see cref="KillAsync"/>, on what it had written; returns when it listens.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default) => _process.StartAsync(cancellationToken);

    /// <summary>SIGKILL; returns when it is gone. What it keeps: <see cref="LocalStackOptions.StorageSurvivesKills"/>.</summary>
    public Task KillAsync() => _process.KillAsync();

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static ProcessSpec Spec(Installation installation, StackDirectory directory, string data, LocalStackOptions options, int blob, int queue, int table) =>
        new(
            "Azurite",
            "node",
            [
                .. options.StorageSurvivesKills ? ["--require", Repository.PathTo("infra", "local", "azurite-durable.cjs")] : (string[])[],
                installation.Azurite, "--location", data, "--silent", "--skipApiVersionCheck", "--disableTelemetry",
                "--blobHost", "127.0.0.1", "--blobPort", $"{blob}",
                "--queueHost", "127.0.0.1", "--queuePort", $"{queue}",
                "--tableHost", "127.0.0.1", "--tablePort", $"{table}",
            ],
            directory.LogFile("azurite"),
            directory.PidFile("azurite"))
        {
            WorkingDirectory = data,
        };
}
