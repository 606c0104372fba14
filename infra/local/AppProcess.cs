using System.Net;
using System.Reflection;
using System.Runtime.InteropServices;
using Tickets.Local.Processes;

namespace Tickets.Local;

/// <summary>One process of the function app, run alone (not under the Functions host).</summary>
public sealed class AppProcess : IAsyncDisposable
{
    private const string ReadyPath = "/api/v1/health/ready";
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    private readonly GuardedProcess _process;

    private AppProcess(GuardedProcess process, Uri address, string logFile) => (_process, Address, LogFile) = (process, address, logFile);

    /// <summary>Such as <c>http://127.0.0.1:7071/</c>.</summary>
    public Uri Address { get; }

    public int Pid => _process.Pid;

    public string LogFile { get; }

    public bool HasExited => _process.HasExited;

    internal Task<string> Exited => _process.Exited;

    /// <summary>SIGKILL; returns when it is gone.</summary>
    public Task KillAsync() => _process.StopAsync("SIGKILL", StopLimit);

    /// <summary>SIGTERM; returns when it has ended, after 30 s by force.</summary>
    public Task StopAsync() => _process.StopAsync("SIGTERM", StopLimit);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _process.DisposeAsync();
    }

    /// <summary>Returns when the app says that it is ready.</summary>
    /// <param name="name">Of its log and pid file.</param>
    /// <param name="configuration">The app's configuration, as environment variables.</param>
    /// <exception cref="LocalStackException">It ended or was not ready in time; the message holds the end of its log.</exception>
    internal static Task<AppProcess> StartAsync(
        string name, int preferredPort, IReadOnlyDictionary<string, string> configuration, StackDirectory directory, LocalStackOptions options, CancellationToken cancellationToken) =>
        FreePort.StartAsync(async () =>
        {
            var executable = options.AppExecutable ?? BuiltExecutable();
            if (!File.Exists(executable)) throw new LocalStackException($"The function app is not built: {executable} does not exist. `dotnet build functions` builds it.");

            var address = new Uri($"http://127.0.0.1:{FreePort.Pick(preferredPort)}");
            var environment = new Dictionary<string, string>(configuration)
            {
                ["Hosting__Url"] = address.ToString().TrimEnd('/'),
                // As docs/operations.md advises, and local.settings.sample.json has it.
                ["DOTNET_GCgen0size"] = "0x2000000",
            };
            if (RuntimeRoot() is { } root) environment["DOTNET_ROOT"] = root;
            foreach (var (key, value) in options.AppEnvironment)
                environment[key] = value;

            var spec = new ProcessSpec("The function app", executable, [], directory.LogFile(name), directory.PidFile(name))
            {
                Environment = environment,
                WorkingDirectory = Path.GetDirectoryName(executable),
            };
            var process = await GuardedProcess.StartAsync(spec, cancellationToken);
            try
            {
                using var http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(5) };
                await process.WaitUntilReadyAsync(token => IsReadyAsync(http, token), ReadyLimit, cancellationToken);
                return new AppProcess(process, address, spec.LogFile);
            }
            catch
            {
                await process.DisposeAsync();
                throw;
            }
        });

    private static async Task<bool> IsReadyAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await http.GetAsync(ReadyPath, cancellationToken);
            return response.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <summary>The app of the configuration (Debug, Release) that this program was built in.</summary>
    internal static string BuiltExecutable()
    {
        var configuration = typeof(AppProcess).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";
        return Repository.PathTo("functions", "bin", configuration, $"net{Environment.Version.Major}.0", "Tickets.Functions");
    }

    /// <summary>A runtime that is not in a system folder is only known to the program that runs on it.</summary>
    internal static string? RuntimeRoot()
    {
        var shared = new DirectoryInfo(RuntimeEnvironment.GetRuntimeDirectory()).Parent?.Parent;
        return shared is { Name: "shared", Parent: { } root } ? root.FullName : null;
    }
}
