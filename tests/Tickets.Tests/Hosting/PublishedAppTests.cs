using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Reflection.PortableExecutable;
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
        // Pages for people are not part of a version of the API.
        Assert.All(functions.Where(f => f.Type == "httpTrigger"), f => Assert.Matches("^(v1/|openapi.json$|docs(/|$)|ops(/|$))", (string?)f.Trigger["route"]));
        Assert.False(File.Exists(Path.Combine(root, "local.settings.json")));
    }

    [Fact]
    public async Task What_is_published_brings_its_own_runtime_and_is_compiled_ahead()
    {
        var bin = Path.Combine(await published.ScriptRoot(), "bin");
        var runtime = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(bin, "Tickets.Functions.runtimeconfig.json")))!["runtimeOptions"]!;

        Assert.Null(runtime["framework"]);
        Assert.Equal(["Microsoft.AspNetCore.App", "Microsoft.NETCore.App"], runtime["includedFrameworks"]!.AsArray().Select(framework => (string?)framework!["name"]).Order());
        Assert.True(File.Exists(Path.Combine(bin, "libcoreclr.so")));
        foreach (var assembly in new[] { "Tickets.Functions.dll", "Tickets.Core.dll", "Npgsql.dll" })
        {
            using var image = new PEReader(File.OpenRead(Path.Combine(bin, assembly)));
            Assert.True(image.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0, $"{assembly} is not compiled ahead.");
        }
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
        var key = await published.Key();
        await using var host = await FunctionsHost.Start(await published.ScriptRoot(), await published.Settings());
        host.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        await Answer(HttpMethod.Put, "/api/v1/workflows?workflow_id=killed/v1", """{"workflow_id": "killed/v1", "statuses": [["open", "done"]]}""");
        await Answer(HttpMethod.Put, "/api/v1/queues?queue=killed", """{"queue": "killed", "workflow_id": "killed/v1"}""");
        var nonce = (string)(await Answer(HttpMethod.Post, "/api/v1/nonces", "{}"))["nonces"]![0]!;
        var create = $$"""{"queue": "killed", "nonce": "{{nonce}}", "meta": {"a": 1} }""";
        var acknowledged = await Answer(HttpMethod.Post, "/api/v1/tickets", create);
        var ticket = $"/api/v1/tickets/{(string)acknowledged["ticket_id"]!}";

        // One request waits for a change; of another the app has asked for the body, and half of that has come.
        var poll = host.Client.GetAsync("/api/v1/oplog?cursor=now&wait=20");
        using var socket = new TcpClient();
        await socket.ConnectAsync(host.Handler.Host, host.Port);
        await Send($"PATCH {ticket} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nContent-Length: 30\r\nExpect: 100-continue\r\n\r\n");
        var asked = new byte[100];
        Assert.StartsWith("HTTP/1.1 100 ", Encoding.ASCII.GetString(asked, 0, await socket.GetStream().ReadAsync(asked)), StringComparison.Ordinal);
        await Send("""{"set": {"meta.a""");
        Assert.False(poll.IsCompleted);

        await host.Kill();
        Assert.Equal(0, await ReadToEnd(socket));
        await Assert.ThrowsAsync<HttpRequestException>(() => poll);
        await Assert.ThrowsAsync<HttpRequestException>(() => host.Client.GetAsync("/api/v1/health/live"));

        await host.Restart();
        Assert.Equal(acknowledged.ToJsonString(), (await Answer(HttpMethod.Post, "/api/v1/tickets", create)).ToJsonString());
        var read = await Answer(HttpMethod.Get, ticket, null);
        Assert.Equal((1, 1), ((int)read["version"]!, (int)read["meta"]!["a"]!["data"]!));

        Task Send(string text) => socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text)).AsTask();

        async Task<JsonNode> Answer(HttpMethod method, string path, string? json)
        {
            using var request = new HttpRequestMessage(method, path) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json") };
            if (method == HttpMethod.Put)
                request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
            using var response = await host.Client.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, body);
            return JsonNode.Parse(body)!;
        }
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
        await host.Process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
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
            await handler.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
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
            await app.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
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
        var start = new ProcessStartInfo(Path.Combine(await published.ScriptRoot(), "bin", "Tickets.Functions")) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in await published.Settings())
            start.Environment[name] = value;
        start.Environment["FUNCTIONS_CUSTOMHANDLER_PORT"] = ((IPEndPoint)taken.LocalEndpoint).Port.ToString();
        using var app = Process.Start(start)!;
        var (output, errors) = (app.StandardOutput.ReadToEndAsync(), app.StandardError.ReadToEndAsync());
        await app.WaitForExitAsync();

        Assert.True(app.ExitCode == 1, $"It ended with {app.ExitCode}: {await output}{await errors}");
        Assert.Contains("The app cannot start", await output);
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
