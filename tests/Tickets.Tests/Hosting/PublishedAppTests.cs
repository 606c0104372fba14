using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Tickets.Contracts;

namespace Tickets.Tests.Hosting;

/// <summary>The published executable, as the Functions host and as an operator treat it.</summary>
public class PublishedAppTests(PublishedApp published)
{
    [Fact]
    public async Task What_is_published_is_a_whole_script_root()
    {
        var root = await published.ScriptRoot();
        var host = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(root, "host.json")))!;
        var functions = HostedFunction.ReadAll(root);

        Assert.Equal("2.0", (string?)host["version"]);
        Assert.True((bool)host["customHandler"]!["enableForwardingHttpRequest"]!);
        Assert.True((bool)host["customHandler"]!["enableProxyingHttpRequest"]!);
        Assert.True(File.Exists(Path.Combine(root, (string)host["customHandler"]!["description"]!["defaultExecutablePath"]!)));
        Assert.Contains(functions, f => f is { Name: "Ping", IsForwarded: true });
        Assert.All(functions, f => Assert.Equal(["function.json"], Directory.GetFiles(Path.Combine(root, f.Name)).Select(Path.GetFileName)));
        Assert.All(functions.Where(f => f.Type == "httpTrigger"), f => Assert.StartsWith("v1/", (string?)f.Trigger["route"]));
        Assert.False(File.Exists(Path.Combine(root, "local.settings.json")));
    }

    [Theory]
    [InlineData(ForwardingMode.Proxy)]
    [InlineData(ForwardingMode.Rebuild)]
    internal async Task Public_http_passes_through_a_host_of_either_kind(ForwardingMode mode)
    {
        await using var host = await FunctionsHost.Start(await published.ScriptRoot(), await published.Settings(), mode);
        using var live = await host.Client.GetAsync("/api/v1/health/live");
        using var unknown = await host.Client.GetAsync("/api/v1/version?a=1&a=2");

        Assert.Equal("""{"status":"ok"}""", await live.Content.ReadAsStringAsync());
        await unknown.IsProblem(HttpStatusCode.BadRequest, ProblemCodes.UnknownParameter);
    }

    [Fact]
    public async Task Under_the_host_it_listens_on_the_given_loopback_port_only_and_logs_to_stdout_only()
    {
        var settings = await published.Settings();
        settings["Kestrel__Endpoints__Other__Url"] = "http://127.0.0.1:0";
        await using var host = await FunctionsHost.Start(await published.ScriptRoot(), settings);
        await Eventually.True(() => host.Output.Any(l => l.Contains("Listening on", StringComparison.Ordinal)), "the address in the log");

        Assert.Contains($"http://127.0.0.1:{host.Port}", Assert.Single(host.Output, l => l.Contains("Listening on", StringComparison.Ordinal)));
        Assert.DoesNotContain(host.Output, l => l.StartsWith("stderr: ", StringComparison.Ordinal));
        if (OperatingSystem.IsLinux())
            Assert.Equal([$"0100007F:{host.Port:X4}"], ListeningSockets(host.Process.Id));
    }

    [Fact]
    public async Task A_handler_killed_in_the_middle_of_a_request_serves_again_after_a_restart()
    {
        await using var host = await FunctionsHost.Start(await published.ScriptRoot(), await published.Settings());
        using var socket = new TcpClient();
        await socket.ConnectAsync(host.Handler.Host, host.Port);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET /api/v1/version HTTP/1.1\r\nHost: x\r\n"));

        await host.Kill();
        Assert.Equal(0, await ReadToEnd(socket));
        await Assert.ThrowsAsync<HttpRequestException>(() => host.Client.GetAsync("/api/v1/health/live"));

        await host.Restart();
        using var live = await host.Client.GetAsync("/api/v1/health/live");
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    [Fact]
    public async Task The_hosts_timer_call_runs_the_archiver_and_says_what_it_did()
    {
        await using var host = await FunctionsHost.Start(await published.ScriptRoot(), await published.Settings());
        var result = await host.Invoke("ArchiveClosedTickets", Fixture.TimerMonitored);

        Assert.True(result.Succeeded, string.Join('\n', host.Output));
        Assert.Contains("archived 0 tickets", Assert.Single(result.Logs));
    }

    [Fact]
    public async Task Under_the_host_a_signal_ends_it_with_the_code_that_makes_the_host_start_it_again()
    {
        await using var host = await FunctionsHost.Start(await published.ScriptRoot(), await published.Settings());
        await Signal(host.Process, "TERM");
        await host.Process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(200, host.Process.ExitCode);
    }

    [Fact]
    public async Task A_handler_whose_host_is_gone_stops()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere the operating system ends a host's children.");
        await using var host = await FunctionsHost.Start(await published.ScriptRoot(), await published.Settings());
        await host.Kill();

        // A shell stands in for the host and dies while the handler lives on.
        var start = host.StartInfo();
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"'{start.FileName}' >/dev/null 2>&1 & echo $!; read _");
        start.FileName = "/bin/sh";
        start.RedirectStandardInput = true;
        using var shell = Process.Start(start)!;
        using var handler = Process.GetProcessById(int.Parse((await shell.StandardOutput.ReadLineAsync())!));
        try
        {
            await Eventually.True(() => Answers(host.Handler), "the handler answers");
            shell.Kill();
            await handler.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
        }
        finally
        {
            if (!handler.HasExited)
                handler.Kill();
        }

        Assert.False(Answers(host.Handler));
    }

    [Fact]
    public async Task Alone_it_listens_where_it_is_told_and_ends_well_on_sigterm()
    {
        var start = new ProcessStartInfo(Path.Combine(await published.ScriptRoot(), "bin", "Tickets.Functions"), ["--Hosting:Url=http://127.0.0.1:0"]) { RedirectStandardOutput = true };
        start.Environment.Remove("FUNCTIONS_CUSTOMHANDLER_PORT");
        foreach (var (name, value) in await published.Settings())
            start.Environment[name] = value;
        using var app = Process.Start(start)!;
        try
        {
            var line = "";
            while (!line.Contains("Listening on", StringComparison.Ordinal))
                line = await app.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The app ended.");
            var address = new Uri(line[line.IndexOf("http://", StringComparison.Ordinal)..]);
            using var client = new HttpClient();
            Assert.Equal("""{"status":"ok"}""", await client.GetStringAsync(new Uri(address, "/api/v1/health/live")));

            await Signal(app, "TERM");
            await app.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10));
            Assert.Equal(0, app.ExitCode);
        }
        finally
        {
            if (!app.HasExited)
                app.Kill();
        }
    }

    [Fact]
    public async Task It_ends_with_an_error_when_its_port_is_taken()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var start = new ProcessStartInfo(Path.Combine(await published.ScriptRoot(), "bin", "Tickets.Functions")) { RedirectStandardOutput = true };
        foreach (var (name, value) in await published.Settings())
            start.Environment[name] = value;
        start.Environment["FUNCTIONS_CUSTOMHANDLER_PORT"] = ((IPEndPoint)taken.LocalEndpoint).Port.ToString();
        using var app = Process.Start(start)!;
        var output = await app.StandardOutput.ReadToEndAsync();
        await app.WaitForExitAsync();

        Assert.Equal(1, app.ExitCode);
        Assert.Contains("The app cannot start", output);
    }

    private static bool Answers(Uri address)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(address.Host, address.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<int> ReadToEnd(TcpClient socket)
    {
        try
        {
            return await socket.GetStream().ReadAsync(new byte[100]);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static async Task Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, process.Id.ToString()])!;
        await kill.WaitForExitAsync();
    }

    /// <summary>Local addresses of the process's listening TCP sockets, as /proc writes them.</summary>
    private static List<string> ListeningSockets(int processId)
    {
        var sockets = Directory.GetFiles($"/proc/{processId}/fd").Select(f => new FileInfo(f).LinkTarget).ToHashSet(StringComparer.Ordinal);
        return [.. new[] { "tcp", "tcp6" }
            .SelectMany(table => File.ReadAllLines($"/proc/{processId}/net/{table}").Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[3] == "0A" && sockets.Contains($"socket:[{fields[9]}]"))
            .Select(fields => fields[1])];
    }
}
