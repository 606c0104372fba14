using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Tickets.Tests.Archive;

[CollectionDefinition(nameof(ArchiveStack))]
public class ArchiveStackCollection : ICollectionFixture<ArchiveStack>;

/// <summary>Azurite and PostgreSQL for the archive's tests, on free ports, in folders that are deleted afterwards.</summary>
public sealed class ArchiveStack : IAsyncLifetime
{
    private const string AzuriteVersion = "3.35.0";
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private const string PostgresBinaries = "/usr/lib/postgresql/15/bin";
    private readonly string _folder = Directory.CreateTempSubdirectory("tickets-archive-").FullName;
    private readonly int _blobPort = FreePort();
    private readonly int _tablePort = FreePort();
    private readonly int _queuePort = FreePort();
    private readonly int _postgresPort = FreePort();
    private Process? _azurite;
    private Process? _postgres;
    private int _databases;

    public string StorageConnectionString =>
        $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={Key};"
        + $"BlobEndpoint=http://127.0.0.1:{_blobPort}/{Account};TableEndpoint=http://127.0.0.1:{_tablePort}/{Account};";

    /// <summary>A new, empty database.</summary>
    public async Task<NpgsqlDataSource> CreateDatabaseAsync()
    {
        var name = $"hot_{Interlocked.Increment(ref _databases)}";
        await using (var admin = NpgsqlDataSource.Create(ConnectionString("postgres")))
        {
            await using var create = admin.CreateCommand($"create database {name}");
            await create.ExecuteNonQueryAsync();
        }

        return NpgsqlDataSource.Create(ConnectionString(name));
    }

    public async ValueTask InitializeAsync()
    {
        await Task.WhenAll(StartAzuriteAsync(), StartPostgresAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_azurite is not null)
        {
            _azurite.Kill(entireProcessTree: true);
            await _azurite.WaitForExitAsync();
        }

        if (_postgres is not null)
        {
            await RunAsPostgresAsync("pg_ctl", "stop", "-m", "immediate", "-D", DataFolder);
            await _postgres.WaitForExitAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string DataFolder => Path.Combine(_folder, "pg", "data");

    private string ConnectionString(string database) =>
        $"Host=127.0.0.1;Port={_postgresPort};Username=postgres;Database={database};Include Error Detail=true";

    private async Task StartAzuriteAsync()
    {
        var install = Path.Combine(Path.GetTempPath(), $"tickets-azurite-{AzuriteVersion}");
        Directory.CreateDirectory(install);
        var script = Path.Combine(install, "node_modules", "azurite", "dist", "src", "azurite.js");
        if (!File.Exists(script))
            await Programs.RunAsync("npm", "install", "--prefix", install, "--no-audit", "--no-fund", $"azurite@{AzuriteVersion}");
        _azurite = Programs.Start(
            "node", script, "--silent", "--skipApiVersionCheck", "--disableTelemetry", "--location", Path.Combine(_folder, "azurite"),
            "--blobPort", $"{_blobPort}", "--tablePort", $"{_tablePort}", "--queuePort", $"{_queuePort}");
        await AnswersAsync(_blobPort, _azurite);
        await AnswersAsync(_tablePort, _azurite);
    }

    private async Task StartPostgresAsync()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "pg"));
        if (Environment.IsPrivilegedProcess)
        {
            await Programs.RunAsync("chmod", "755", _folder);
            await Programs.RunAsync("chown", "postgres", Path.Combine(_folder, "pg"));
        }

        await RunAsPostgresAsync("initdb", "-D", DataFolder, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync");
        var (program, arguments) = AsPostgres(
            "postgres", "-D", DataFolder, "-p", $"{_postgresPort}", "-k", Path.Combine(_folder, "pg"),
            "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off");
        _postgres = Programs.Start(program, arguments);
        await AnswersAsync(_postgresPort, _postgres);
        await using var admin = NpgsqlDataSource.Create(ConnectionString("postgres"));
        await Eventually.SucceedsAsync(async () =>
        {
            await using var command = admin.CreateCommand("select 1");
            await command.ExecuteNonQueryAsync();
        });
    }

    private static Task<string> RunAsPostgresAsync(string name, params string[] arguments)
    {
        var (program, all) = AsPostgres(name, arguments);
        return Programs.RunAsync(program, all);
    }

    /// <summary>PostgreSQL refuses to run as root.</summary>
    private static (string Program, string[] Arguments) AsPostgres(string name, params string[] arguments) =>
        Environment.IsPrivilegedProcess
            ? ("runuser", ["-u", "postgres", "--", $"{PostgresBinaries}/{name}", .. arguments])
            : ($"{PostgresBinaries}/{name}", arguments);

    private static Task AnswersAsync(int port, Process process) => Eventually.SucceedsAsync(async () =>
    {
        Assert.False(process.HasExited, "the process ended before it answered");
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
    });

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
