using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tickets.Tests.Hosting;

/// <summary>How the host judged an invocation.</summary>
internal sealed record InvocationResult(bool Succeeded, HttpStatusCode Status, IReadOnlyList<string> Logs, string Body);

/// <summary>
/// Treats the published app as the Functions host treats a custom handler: finds the program by <c>host.json</c>, starts it
/// with the host's environment, asks <c>GET /</c> until it answers, passes on public HTTP, posts invocations, and kills
/// without warning.
/// </summary>
internal sealed class FunctionsHost : IAsyncDisposable
{
    private readonly string _scriptRoot;
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly HttpClient _direct = new();
    private Process? _process;

    private FunctionsHost(string scriptRoot, IReadOnlyDictionary<string, string> settings, ForwardingMode mode)
    {
        _scriptRoot = scriptRoot;
        _settings = settings;
        Functions = HostedFunction.ReadAll(scriptRoot);
        Port = FreePort();
        Client = new HttpClient(new HostForwarding(() => Functions, () => Handler, mode)) { BaseAddress = new Uri("https://tickets.example") };
    }

    /// <summary>The public side: what a caller of the function app sees.</summary>
    public HttpClient Client { get; }

    /// <summary>The handler's own address, known to the host alone.</summary>
    public Uri Handler => new($"http://127.0.0.1:{Port}");
    public int Port { get; }
    public IReadOnlyList<HostedFunction> Functions { get; }

    /// <summary>Lines of stdout, and of stderr with <c>stderr: </c> in front.</summary>
    public IReadOnlyList<string> Output => [.. _output];
    public Process Process => _process ?? throw new InvalidOperationException("The handler is not running.");

    public static async Task<FunctionsHost> Start(string scriptRoot, IReadOnlyDictionary<string, string>? settings = null, ForwardingMode mode = ForwardingMode.Proxy)
    {
        var host = new FunctionsHost(scriptRoot, settings ?? new Dictionary<string, string>(), mode);
        try
        {
            await host.Restart();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the handler, on the same port as before, and returns once it answers.</summary>
    public async Task Restart()
    {
        await Kill();
        _process = Process.Start(StartInfo())!;
        _process.OutputDataReceived += (_, e) => Record(e.Data, "");
        _process.ErrorDataReceived += (_, e) => Record(e.Data, "stderr: ");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Ready(TimeSpan.FromSeconds(90));
    }

    /// <summary>As on a function's timeout, a scale-in or a crash: no signal to prepare for.</summary>
    public async Task Kill()
    {
        if (_process is null)
            return;

        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Posts an invocation of a timer or message function.</summary>
    /// <exception cref="TimeoutException">The answer is one on which the host waits until the function's timeout: 2xx with nothing in it.</exception>
    public async Task<InvocationResult> Invoke(string function, string envelope)
    {
        if (Functions.All(f => f.Name != function || f.IsForwarded))
            throw new InvalidOperationException($"The script root has no function '{function}' that the host invokes.");

        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Handler, function)) { Content = new StringContent(envelope, Encoding.UTF8) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        request.Headers.Add("X-Azure-Functions-HostVersion", HostForwarding.HostVersion);
        request.Headers.Add("X-Azure-Functions-InvocationId", Guid.NewGuid().ToString());
        request.Headers.Add("User-Agent", $"Azure-Functions-Host/{HostForwarding.HostVersion}");
        using var response = await _direct.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode)
            return new InvocationResult(false, response.StatusCode, [], body);

        if (body.Length == 0 || body == "null")
            throw new TimeoutException("The host would wait for this invocation until the function's timeout and then kill the handler.");
        if (response.Content.Headers.ContentType?.MediaType is not ("application/json" or "text/json"))
            return new InvocationResult(false, response.StatusCode, [], body);

        try
        {
            var logs = JsonNode.Parse(body)!["Logs"]?.AsArray().Select(l => (string)l!).ToList() ?? [];
            return new InvocationResult(true, response.StatusCode, logs, body);
        }
        catch (JsonException)
        {
            return new InvocationResult(false, response.StatusCode, [], body);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        Client.Dispose();
        _direct.Dispose();
    }

    internal ProcessStartInfo StartInfo()
    {
        var description = JsonNode.Parse(File.ReadAllText(Path.Combine(_scriptRoot, "host.json")))!["customHandler"]!["description"]!;
        var start = new ProcessStartInfo(Path.Combine(_scriptRoot, (string)description["defaultExecutablePath"]!))
        {
            WorkingDirectory = _scriptRoot,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var id = Guid.NewGuid().ToString();
        var environment = new Dictionary<string, string>
        {
            ["FUNCTIONS_CUSTOMHANDLER_PORT"] = Port.ToString(),
            ["FUNCTIONS_HTTPWORKER_PORT"] = Port.ToString(),
            ["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"] = id,
            ["FUNCTIONS_HTTPWORKER_ID"] = id,
            ["FUNCTIONS_APP_ROOT_PATH"] = _scriptRoot,
            ["FUNCTIONS_WORKER_RUNTIME"] = "custom",
            ["AZURE_FUNCTIONS_ENVIRONMENT"] = "Development",

            // What the host's image sets for the host itself and every child inherits.
            ["ASPNETCORE_URLS"] = "http://+:80",
            ["ASPNETCORE_HTTP_PORTS"] = "8080",
            ["ASPNETCORE_CONTENTROOT"] = "/azure-functions-host",
            ["ASPNETCORE_SUPPRESSSTATUSMESSAGES"] = "True",
            ["DOTNET_USE_POLLING_FILE_WATCHER"] = "true",
            ["Logging__LogLevel__Microsoft.Hosting.Lifetime"] = "None",

            // The tests may run on a .NET that is not installed where programs look for it.
            ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..")),
        };
        foreach (var (name, value) in environment.Concat(_settings))
            start.Environment[name] = value;
        return start;
    }

    /// <summary>Any answer at all means ready; only a refused connection means not yet.</summary>
    private async Task Ready(TimeSpan limit)
    {
        for (var from = Stopwatch.GetTimestamp(); ; await Task.Delay(25))
        {
            try
            {
                using var response = await _direct.GetAsync(Handler);
                return;
            }
            catch (HttpRequestException exception) when (exception.InnerException is SocketException)
            {
                if (Process.HasExited || Stopwatch.GetElapsedTime(from) > limit)
                    throw new InvalidOperationException($"The handler did not come up:\n{string.Join('\n', Output)}", exception);
            }
        }
    }

    private void Record(string? line, string prefix)
    {
        if (line is not null)
            _output.Enqueue(prefix + line);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
