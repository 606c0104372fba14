using System.Security.Cryptography;
using Npgsql;
using Tickets.Local.Processes;

namespace Tickets.Local.Postgres;

/// <summary>The stack's own PostgreSQL. Tests and fault runs may stop, kill and start it as they like; its port stays.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "tickets";
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);

    private readonly PostgresHome _home;
    private readonly StackDirectory _directory;
    private readonly LocalStackOptions _options;
    private readonly string _password;
    private GuardedProcess? _process;

    private PostgresServer(PostgresHome home, StackDirectory directory, LocalStackOptions options, string password, int port)
    {
        (_home, _directory, _options, _password, Port) = (home, directory, options, password, port);
        LogFile = directory.LogFile("postgres");
    }

    public int Port { get; }

    /// <summary>The postmaster's.</summary>
    public int Pid => _process?.Pid ?? throw new InvalidOperationException("PostgreSQL is stopped.");

    public string LogFile { get; }

    /// <summary>Completes when the server that runs now ends.</summary>
    internal Task<string> Exited => _process?.Exited ?? throw new InvalidOperationException("PostgreSQL is stopped.");

    internal static async Task<PostgresServer> StartAsync(Installation installation, StackDirectory directory, LocalStackOptions options, CancellationToken cancellationToken)
    {
        var home = await PostgresHome.PrepareAsync(installation.Postgres, directory.Postgres, cancellationToken);
        var password = await InitializeAsync(home, directory, options, cancellationToken);
        return await FreePort.StartAsync(async () =>
        {
            var server = new PostgresServer(home, directory, options, password, FreePort.Pick(options.PostgresPort));
            try
            {
                await server.StartAsync(cancellationToken);
                return server;
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
        });
    }

    public string ConnectionString(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Username = User,
        Password = _password,
        Database = database,
        // Loopback without certificates: offering encryption would only cost round trips.
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    /// <summary>Starts it again after <see cref="StopAsync"/> or <see cref="KillAsync"/>; returns when it answers.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (_process is { HasExited: false }) throw new InvalidOperationException("PostgreSQL is running.");
        for (var waiting = TimeSpan.Zero; ; waiting += TimeSpan.FromMilliseconds(100))
        {
            await ReleaseAsync();
            _process = await GuardedProcess.StartAsync(Spec("postgres", "PostgreSQL", ServerArguments()), cancellationToken);
            try
            {
                await _process.WaitUntilReadyAsync(AnswersAsync, ReadyLimit, cancellationToken);
                return;
            }
            catch (StartFailedException e) when (e.LogContains("is still in use") && waiting < TimeSpan.FromSeconds(10))
            {
                // Sessions of a killed postmaster take a moment to notice that it is gone, and hold its shared memory until then.
                await Task.Delay(100, cancellationToken);
            }
        }
    }

    /// <summary>A clean shutdown that ends open sessions.</summary>
    public Task StopAsync() => EndAsync("SIGINT");

    /// <summary>SIGKILL: as if the power had gone, but for what the operating system still writes.</summary>
    public Task KillAsync() => EndAsync("SIGKILL");

    public async Task RestartAsync(CancellationToken cancellationToken = default)
    {
        await StopAsync();
        await StartAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        // Nothing is kept when the data is about to be wiped, so nothing needs writing down.
        await EndAsync(_options.WipeAtEnd ? "SIGQUIT" : "SIGINT");
    }

    private async Task EndAsync(string signal)
    {
        if (_process is null) return;
        await _process.StopAsync(signal, StopLimit);
        // What this program keeps open for later ended with the server; whoever asks next gets a session of the next one.
        NpgsqlConnection.ClearAllPools();
        await ReleaseAsync();
    }

    private async Task ReleaseAsync()
    {
        if (_process is null) return;
        await _process.DisposeAsync();
        _process = null;
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        // Asking while it recovers would fill its log with refusals.
        if (!_process!.ReadLog().Contains("ready to accept connections", StringComparison.Ordinal)) return false;
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
            await connection.OpenAsync(cancellationToken);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private List<string> ServerArguments()
    {
        var settings = new Dictionary<string, string>
        {
            ["listen_addresses"] = "127.0.0.1",
            ["port"] = Port.ToString(),
            // A socket's path has a length limit that a deep checkout exceeds, and nothing here needs one.
            ["unix_socket_directories"] = "",
            ["fsync"] = "on",
            ["max_connections"] = "200",
            ["shared_buffers"] = "512MB",
            // A group touches the partitions of many queues; from PostgreSQL 18 on this also sizes the room for locks that need no shared memory.
            ["max_locks_per_transaction"] = "1024",
            ["max_wal_size"] = "4GB",
        };
        foreach (var (name, value) in _options.PostgresSettings)
            settings[name] = value;
        return ["-D", _home.Cluster, .. settings.SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" })];
    }

    private ProcessSpec Spec(string program, string name, IReadOnlyList<string> arguments) => Spec(_home, _directory, program, name, arguments);

    private static ProcessSpec Spec(PostgresHome home, StackDirectory directory, string program, string name, IReadOnlyList<string> arguments) =>
        new(name, Path.Combine(home.Programs, "bin", program), arguments, directory.LogFile(program), directory.PidFile(program), StopSignal: "SIGQUIT")
        {
            Account = home.Account,
            WorkingDirectory = home.Folder,
        };

    /// <summary>Creates the cluster on first use and returns its superuser's password.</summary>
    private static async Task<string> InitializeAsync(PostgresHome home, StackDirectory directory, LocalStackOptions options, CancellationToken cancellationToken)
    {
        // Written last: without it the cluster is unfinished, and is made anew.
        if (File.Exists(directory.PostgresPassword))
            return await File.ReadAllTextAsync(directory.PostgresPassword, cancellationToken);

        options.Progress?.Report("Creating the PostgreSQL cluster");
        if (Directory.Exists(home.Cluster)) Directory.Delete(home.Cluster, recursive: true);
        var password = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var passwordFile = Path.Combine(home.Folder, "initdb.password");
        // Readable by the server's account, inside a folder that only this account and root can enter.
        await File.WriteAllTextAsync(passwordFile, password, cancellationToken);
        File.SetUnixFileMode(passwordFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        await using (var initdb = await GuardedProcess.StartAsync(Spec(home, directory, "initdb", "initdb", InitdbArguments(home, options, passwordFile)), cancellationToken))
        {
            var exit = await initdb.Exited.WaitAsync(cancellationToken);
            if (exit != "exit code 0") throw new StartFailedException("initdb", $"failed ({exit})", directory.LogFile("initdb"), initdb.ReadLog());
        }

        File.Delete(passwordFile);
        await PrivateFile.WriteAsync(directory.PostgresPassword, password, cancellationToken);
        return password;
    }

    private static List<string> InitdbArguments(PostgresHome home, LocalStackOptions options, string passwordFile)
    {
        List<string> arguments =
        [
            "-D", home.Cluster, "-U", User, $"--pwfile={passwordFile}", "--auth=scram-sha-256", "--encoding=UTF8",
            // The same order of strings on every machine.
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        ];
        if (options.WipeAtEnd) arguments.Add("--no-sync");
        return arguments;
    }
}
