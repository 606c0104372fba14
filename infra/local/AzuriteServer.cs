using Tickets.Local.Processes;

namespace Tickets.Local;

/// <summary>Blob, queue and table storage on this machine.</summary>
internal sealed class AzuriteServer : IAsyncDisposable
{
    private const int Services = 3;
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    // Azurite's published development account; it protects nothing.
    private const string Account = "devstoreaccount1";
    private const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly GuardedProcess _process;

    private AzuriteServer(GuardedProcess process, int blobPort, int queuePort, int tablePort)
    {
        _process = process;
        ConnectionString = $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={AccountKey};"
            + $"BlobEndpoint=http://127.0.0.1:{blobPort}/{Account};QueueEndpoint=http://127.0.0.1:{queuePort}/{Account};TableEndpoint=http://127.0.0.1:{tablePort}/{Account};";
    }

    public string ConnectionString { get; }

    public Task<string> Exited => _process.Exited;

    public static Task<AzuriteServer> StartAsync(Installation installation, StackDirectory directory, string data, LocalStackOptions options, CancellationToken cancellationToken) =>
        FreePort.StartAsync(async () =>
        {
            var (blob, queue, table) = (FreePort.Pick(options.BlobPort), FreePort.Pick(options.QueuePort), FreePort.Pick(options.TablePort));
            Directory.CreateDirectory(data);
            var process = await GuardedProcess.StartAsync(Spec(installation, directory, data, blob, queue, table), cancellationToken);
            try
            {
                // Its own log, not its ports: another Azurite that took a port first would answer there just the same.
                await process.WaitUntilReadyAsync(_ => Task.FromResult(process.ReadLog().Split("successfully listening").Length > Services), ReadyLimit, cancellationToken);
                return new AzuriteServer(process, blob, queue, table);
            }
            catch
            {
                await process.DisposeAsync();
                throw;
            }
        });

    public async ValueTask DisposeAsync()
    {
        await _process.StopAsync("SIGTERM", StopLimit);
        await _process.DisposeAsync();
    }

    private static ProcessSpec Spec(Installation installation, StackDirectory directory, string data, int blob, int queue, int table) =>
        new(
            "Azurite",
            "node",
            [
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
