using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Tickets.Acceptance.Pages;

/// <summary>A headless Chromium with one page, spoken to by its DevTools protocol. It finds nothing but this machine: a page that needed the internet would show.</summary>
internal sealed partial class Browser : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly string _folder;
    private readonly ClientWebSocket _socket = new();
    private readonly List<string> _complaints = [];
    private string? _session;
    private int _asked;

    private Browser(Process process, string folder) => (_process, _folder) = (process, folder);

    /// <summary>What the page's console says at level error, and exceptions that nothing caught.</summary>
    public IReadOnlyList<string> Complaints => _complaints;

    /// <summary>The program, or null where there is none.</summary>
    public static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    public static async Task<Browser> OpenAsync(string program, Uri address)
    {
        var folder = Directory.CreateTempSubdirectory("tickets-browser-").FullName;
        var start = new ProcessStartInfo(program) { RedirectStandardError = true };
        foreach (var argument in new[]
        {
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-port=0", $"--user-data-dir={folder}", "--window-size=1400,1000",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "about:blank",
        })
        {
            start.ArgumentList.Add(argument);
        }

        var browser = new Browser(Process.Start(start)!, folder);
        try
        {
            await browser.ConnectAsync();
            await browser.AskAsync("Page.navigate", new JsonObject { ["url"] = address.ToString() });
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    /// <summary>What a script in the page evaluates to.</summary>
    public async Task<JsonNode?> EvaluateAsync(string script)
    {
        var answer = await AskAsync("Runtime.evaluate", new JsonObject { ["expression"] = script, ["returnByValue"] = true, ["awaitPromise"] = true });
        return answer["exceptionDetails"] is { } fault ? throw new InvalidOperationException(fault.ToJsonString()) : answer["result"]!["value"]?.DeepClone();
    }

    public Task WaitForAsync(string condition) => Eventually.IsAsync(async () => (await EvaluateAsync($"!!({condition})"))!.GetValue<bool>(), Patience);

    /// <summary>As PNG, the whole page.</summary>
    public async Task<byte[]> ScreenshotAsync() =>
        Convert.FromBase64String((await AskAsync("Page.captureScreenshot", new JsonObject { ["captureBeyondViewport"] = false }))["data"]!.GetValue<string>());

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        // Its helpers may still be writing there for a moment.
        await Eventually.IsAsync(() =>
        {
            try
            {
                Directory.Delete(_folder, recursive: true);
                return Task.FromResult(true);
            }
            catch (IOException)
            {
                return Task.FromResult(false);
            }
        }, Patience);
    }

    private async Task ConnectAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        string? line;
        while ((line = await _process.StandardError.ReadLineAsync(limit.Token)) is not null && !DevTools().IsMatch(line))
        {
        }

        _ = _process.StandardError.ReadToEndAsync();
        await _socket.ConnectAsync(new Uri(DevTools().Match(line ?? throw new InvalidOperationException("The browser ended.")).Groups["address"].Value), limit.Token);
        var target = (await AskAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" }))["targetId"]!.GetValue<string>();
        _session = (await AskAsync("Target.attachToTarget", new JsonObject { ["targetId"] = target, ["flatten"] = true }))["sessionId"]!.GetValue<string>();
        await AskAsync("Runtime.enable", []);
        await AskAsync("Page.enable", []);
    }

    private async Task<JsonObject> AskAsync(string method, JsonObject parameters)
    {
        using var limit = new CancellationTokenSource(Patience);
        var id = ++_asked;
        var question = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (_session is not null)
            question["sessionId"] = _session;
        await _socket.SendAsync(Encoding.UTF8.GetBytes(question.ToJsonString()), WebSocketMessageType.Text, true, limit.Token);
        while (true)
        {
            var said = await ReadAsync(limit.Token);
            if (said["id"]?.GetValue<int>() == id)
                return said["error"] is { } error ? throw new InvalidOperationException($"{method}: {error.ToJsonString()}") : said["result"]!.AsObject();
            if (said["method"]?.GetValue<string>() is "Runtime.exceptionThrown" || (said["method"]?.GetValue<string>() is "Runtime.consoleAPICalled" && said["params"]!["type"]!.GetValue<string>() == "error"))
                _complaints.Add(said["params"]!.ToJsonString());
        }
    }

    private async Task<JsonObject> ReadAsync(CancellationToken cancel)
    {
        using var message = new MemoryStream();
        var buffer = new byte[64 * 1024];
        WebSocketReceiveResult received;
        do
        {
            received = await _socket.ReceiveAsync(buffer, cancel);
            message.Write(buffer, 0, received.Count);
        }
        while (!received.EndOfMessage);
        return JsonNode.Parse(message.ToArray())!.AsObject();
    }

    [GeneratedRegex("DevTools listening on (?<address>ws://.*)$")]
    private static partial Regex DevTools();
}
