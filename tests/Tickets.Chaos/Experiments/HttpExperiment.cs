using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Tickets.Bench.Measure;
using Tickets.Chaos.Histories;
using Tickets.Chaos.Http;
using Tickets.Chaos.Running;
using Tickets.Functions;
using Tickets.Functions.Hosting;

namespace Tickets.Chaos.Experiments;

/// <summary>R8: every function of the app with requests that are wrong in every way, from the app's own table of functions, held against its OpenAPI document.</summary>
internal sealed class HttpExperiment : IExperiment
{
    private const int Senders = 8;

    public string Name => "http";

    public string Requirement => "R8";

    public string Description => "Every function with wrong values, types, methods, encodings, sizes and depths, forged nonces and cursors, beside connections that drip and framing that contradicts itself: no 5xx but a declared 503, no undocumented answer, the app well in the end.";

    public TimeSpan Whole => TimeSpan.FromMinutes(5);

    public TimeSpan Bounded => TimeSpan.FromSeconds(20);

    public async Task RunAsync(ChaosRun run)
    {
        await using var scene = await Scene.StartAsync(run, processes: 1);
        var seeds = await SeedsAsync(scene);
        var functions = AppFunctions.Declare().Http;
        var faults = new ConcurrentDictionary<string, string>();
        var (sent, answers) = (0, new ConcurrentDictionary<int, int>());
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 64, RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.Latin1 }) { Timeout = TimeSpan.FromMinutes(2) };
        var broken = new BrokenConnections(() => scene.Fleet[0].Address, scene.Fleet.Key, run.SeedOf("connections"));

        run.Progress.Stage($"sending for {run.Duration.TotalSeconds:0} s, seed {run.Options.Seed}");
        using var stop = new CancellationTokenSource(run.Duration);
        var breaking = broken.RunAsync(stop.Token);
        var showing = run.Progress.WhileAsync(() => $"{sent} requests, {broken.Sent} broken connections", stop.Token);
        await Task.WhenAll(Enumerable.Range(1, Senders).Select(sender => Task.Run(async () =>
        {
            var random = new Random(run.SeedOf($"sender {sender}"));
            for (var turn = 0; !stop.IsCancellationRequested || turn < functions.Count; turn++)
            {
                // Every function in turn, so that none is left out.
                var function = functions[(turn + sender) % functions.Count];
                var request = FuzzRequest.Make(random, function, seeds);
                var number = run.History.Begin(sender, function.Name, "");
                var (status, fault) = await SendAsync(http, scene.Fleet[0].Address, scene.Fleet.Key, function.Name, request);
                run.History.End(number, sender, status is >= 200 and < 300 ? EventKind.Ok : status is 0 or >= 500 ? EventKind.Unknown : EventKind.Fail, function.Name, "", detail: $"{status}");
                Interlocked.Increment(ref sent);
                answers.AddOrUpdate(status, 1, (_, count) => count + 1);
                if (fault is not null)
                    faults.TryAdd($"{function.Name} {status}", $"{function.Name}: {fault}\n    {request}");
            }
        })));
        await Task.WhenAll(breaking, showing);

        run.Judge("every answer is a documented one, and no 5xx but a declared 503", [.. faults.Values]);
        run.Judge("the app is well", !scene.Fleet[0].HasExited, "it has ended");
        await scene.Client.UntilOkAsync("GET", "/health/ready", null);
        await scene.Client.UntilOkAsync("POST", "/tickets", $$"""{"queue": "{{seeds.Queue}}"}""");
        run.Sheet.Info("requests", sent, "requests");
        run.Sheet.Info("broken_connections", broken.Sent, "connections");
        foreach (var (status, count) in answers.ToArray().OrderBy(answer => answer.Key))
            run.Sheet.Info(status == 0 ? "cut_off" : $"answered_{status}", count, "requests");
        run.Sheet.Info("memory", ProcessTimes.ResidentMegabytes(scene.Fleet[0].Pid), "MB");
    }

    private static async Task<RequestSeeds> SeedsAsync(Scene scene)
    {
        var queue = await scene.MakeQueueAsync("fuzz/a");
        var ticket = (await scene.Client.UntilOkAsync("POST", "/tickets", $$"""{"queue": "{{queue}}"}""")).Json.GetProperty("ticket_id").GetString()!;
        var nonce = (await scene.Client.UntilOkAsync("POST", "/nonces", "{}")).Json.GetProperty("nonces")[0].GetString()!;
        var cursor = (await scene.Client.UntilOkAsync("GET", "/oplog", null)).Json.GetProperty("next_cursor").GetString()!;
        return new RequestSeeds(queue, ticket, nonce, cursor);
    }

    private static async Task<(int Status, string? Fault)> SendAsync(HttpClient http, Uri app, string key, string function, FuzzRequest request)
    {
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), new Uri($"{app}api{request.Path}"));
        if (request.Body is not null)
        {
            message.Content = new ByteArrayContent(request.Body);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", request.MediaType);
        }

        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        foreach (var (name, value) in request.Headers)
        {
            if (name == "Authorization")
                message.Headers.Authorization = null;
            if (!message.Headers.TryAddWithoutValidation(name, value))
                message.Content?.Headers.TryAddWithoutValidation(name, value);
        }

        try
        {
            using var response = await http.SendAsync(message);
            var text = await response.Content.ReadAsStringAsync();
            var fault = AnswerCheck.Fault(
                request.Routed ? function : null, (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, text, response.Headers.Contains("x-trace-id"), response.Headers.RetryAfter is not null, request.Forged, request.Method == "HEAD");
            return ((int)response.StatusCode, fault);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // A large body may be refused before it is read to its end, and the connection ends under it.
            return (0, request.Body is { Length: > 60_000 } ? null : $"no answer: {e.Message}");
        }
        catch (TaskCanceledException)
        {
            return (0, "no answer within two minutes");
        }
    }
}
