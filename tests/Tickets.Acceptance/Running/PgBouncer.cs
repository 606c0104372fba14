using System.Globalization;
using Npgsql;
using Tickets.Local.Processes;

namespace Tickets.Acceptance.Running;

/// <summary>A PgBouncer in transaction mode before the tests' server: each transaction gets whatever session is free, of few.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    /// <summary>Names the executable where it is not on the PATH.</summary>
    public const string Variable = "TICKETS_PGBOUNCER";

    private static readonly TimeSpan ReadyLimit = TimeSpan.FromMinutes(1);

    private readonly GuardedProcess _process;
    private readonly DirectoryInfo _folder;

    private PgBouncer(GuardedProcess process, DirectoryInfo folder, int port) => (_process, _folder, Port) = (process, folder, port);

    public int Port { get; }

    /// <summary>Null when there is none on this machine.</summary>
    public static string? Executable =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Select(folder => Path.Combine(folder, "pgbouncer")).FirstOrDefault(File.Exists);

    public static Task<PgBouncer> StartAsync(string server) => FreePort.StartAsync(async () =>
    {
        var (to, port) = (new NpgsqlConnectionStringBuilder(server), FreePort.Pick(0));
        var folder = Directory.CreateTempSubdirectory("tickets-pgbouncer-");
        var configuration = Path.Combine(folder.FullName, "pgbouncer.ini");
        await File.WriteAllTextAsync(configuration, string.Create(CultureInfo.InvariantCulture, $"""
            [databases]
            * = host={to.Host} port={to.Port} user={to.Username} password={to.Password}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = 4
            server_round_robin = 1
            max_client_conn = 200
            """));
        // It refuses to run as root.
        var account = Environment.UserName == "root" ? ServiceAccount.Find() : null;
        folder.UnixFileMode |= UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        var process = await GuardedProcess.StartAsync(
            new ProcessSpec("PgBouncer", Executable!, [configuration], Path.Combine(folder.FullName, "log"), Path.Combine(folder.FullName, "pid")) { Account = account }, CancellationToken.None);
        var bouncer = new PgBouncer(process, folder, port);
        try
        {
            await process.WaitUntilReadyAsync(_ => AnswersAsync(bouncer.Before(server)), ReadyLimit, CancellationToken.None);
            return bouncer;
        }
        catch
        {
            await bouncer.DisposeAsync();
            throw;
        }
    });

    /// <summary>The same database through the pooler.</summary>
    public string Before(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString) { Host = "127.0.0.1", Port = Port }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static async Task<bool> AnswersAsync(string connectionString)
    {
        try
        {
            await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
