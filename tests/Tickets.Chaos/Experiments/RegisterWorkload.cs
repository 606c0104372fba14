using System.Globalization;
using System.Text.Json;
using Tickets.Chaos.Checkers;
using Tickets.Chaos.Histories;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Experiments;

/// <summary>Clients that read 16 tickets and change them on the condition that nobody else has, each request once, through all processes.</summary>
internal sealed class RegisterWorkload(ChaosRun run, Scene scene)
{
    private const int Tickets = 16;
    private const int Clients = 12;

    private readonly List<(string Queue, string Id)> _tickets = [];
    private readonly List<string> _faults = [];
    private readonly long[] _versions = new long[Tickets];
    private int _done, _refused, _unknown;

    public string State => $"{_done} done, {_refused} refused, {_unknown} unknown";

    /// <summary>Updates that were acknowledged.</summary>
    public int Done => _done;

    public async Task PrepareAsync()
    {
        var queues = new[] { await scene.MakeQueueAsync("register/a", "hot-0"), await scene.MakeQueueAsync("register/b", "hot-1") };
        for (var n = 0; n < Tickets; n++)
        {
            var value = $"start {n}";
            var number = run.History.Begin(0, "create", value, value);
            var made = await scene.Client.UntilOkAsync("POST", "/tickets", $$"""{"queue": "{{queues[n % 2]}}", "meta": {"value": "{{value}}"} }""");
            run.History.End(number, 0, EventKind.Ok, "create", value, value, 1);
            _tickets.Add((queues[n % 2], made.Json.GetProperty("ticket_id").GetString()!));
            _versions[n] = 1;
        }
    }

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(Enumerable.Range(1, Clients).Select(process => Task.Run(() => WorkAsync(process, stop), CancellationToken.None)));

    /// <summary>Holds what was seen against what the log says now.</summary>
    public async Task JudgeAsync()
    {
        var log = new Dictionary<string, IReadOnlyList<Written>>();
        foreach (var ticket in (await scene.ReadLogAsync()).GroupBy(op => op.GetProperty("ticket_id").GetString()!))
            log[ticket.Key] = [.. ticket.Select(op => new Written(op.GetProperty("version").GetInt64(), Value(op)))];
        var operations = run.History.Operations().Where(each => each.Process != HistoryEvent.Nemesis).Select(each => each.Op == "create" ? each with { Key = IdOf(each) } : each).ToList();
        run.Judge("versions without gaps, acknowledged writes there, refused ones not, in the order of real time", TicketRegister.Check(operations, log));

        var final = new List<string>();
        foreach (var (queue, id) in _tickets)
        {
            var ticket = (await scene.Client.UntilOkAsync("GET", $"/tickets/{id}?queue={queue}", null)).Json;
            var last = log.GetValueOrDefault(id, [])[^1];
            if (ticket.GetProperty("version").GetInt64() != last.Version || Data(ticket) != last.Value)
                final.Add($"ticket {id} is {Data(ticket)}, version {ticket.GetProperty("version")}; its last op says {last.Value}, version {last.Version}");
        }

        run.Judge("tickets as their logs say", final);
        lock (_faults)
            run.Judge("answers are answers, refusals or 503 problems with Retry-After", [.. _faults]);
        run.Judge("writes went through", _done > 0, "no update was ever acknowledged");
        run.Sheet.Info("updates_done", _done, "requests");
        run.Sheet.Info("updates_refused", _refused, "requests");
        run.Sheet.Info("updates_unknown", _unknown, "requests");
    }

    private async Task WorkAsync(int process, CancellationToken stop)
    {
        using var client = scene.ClientOf(process);
        var random = new Random(run.SeedOf($"client {process}"));
        while (!stop.IsCancellationRequested)
        {
            var n = random.Next(Tickets);
            var (reply, op) = random.Next(10) < 3 ? (await ReadAsync(client, process, n), "read") : (await UpdateAsync(client, process, n), "update");
            if (reply.Fault is { } fault)
            {
                lock (_faults)
                    _faults.Add($"{op}: {fault}");
            }

            // Nobody is there: asking at once again would only burn the processor that it needs to come back.
            if (reply.Status is 0 or 503)
                await Task.Delay(50, CancellationToken.None);
        }
    }

    private async Task<Reply> ReadAsync(ChaosClient client, int process, int n)
    {
        var (queue, id) = _tickets[n];
        var number = run.History.Begin(process, "read", id);
        var reply = await client.GetAsync($"/tickets/{id}?queue={queue}");
        var version = reply.IsOk ? reply.Json.GetProperty("version").GetInt64() : (long?)null;
        run.History.End(number, process, reply.Outcome, "read", id, reply.IsOk ? Data(reply.Json) : null, version, reply.IsOk ? null : reply.ToString());
        if (version is not null)
            Saw(n, version.Value);
        return reply;
    }

    private async Task<Reply> UpdateAsync(ChaosClient client, int process, int n)
    {
        var (queue, id) = _tickets[n];
        var expected = Volatile.Read(ref _versions[n]);
        var value = $"{process}/{run.History.Now}";
        var number = run.History.Begin(process, "update", id, value, expected);
        var reply = await client.SendAsync("PATCH", $"/tickets/{id}", $$"""{"queue": "{{queue}}", "expected": {"ticket.version": {{expected}} }, "set": {"meta.value": "{{value}}"} }""");
        var version = reply.IsOk ? reply.Json.GetProperty("version").GetProperty("ticket").GetInt64() : (long?)null;
        run.History.End(number, process, reply.Outcome, "update", id, value, version, reply.IsOk ? null : reply.ToString());
        _ = reply.Outcome switch
        {
            EventKind.Ok => Interlocked.Increment(ref _done),
            EventKind.Fail => Interlocked.Increment(ref _refused),
            _ => Interlocked.Increment(ref _unknown),
        };
        if (version is not null)
            Saw(n, version.Value);
        else if (reply.Status == 409 && reply.Json.TryGetProperty("unmet", out var unmet))
            Saw(n, unmet[0].GetProperty("actual").GetInt64());
        return reply;
    }

    /// <summary>Others hear of it, so that most updates have a chance.</summary>
    private void Saw(int n, long version)
    {
        for (var known = Volatile.Read(ref _versions[n]); known < version;)
        {
            var before = Interlocked.CompareExchange(ref _versions[n], version, known);
            if (before == known)
                return;
            known = before;
        }
    }

    /// <summary>A create is begun before its ticket has an id.</summary>
    private string IdOf(Operation create) => _tickets[int.Parse(create.Value!["start ".Length..], CultureInfo.InvariantCulture)].Id;

    private static string Value(JsonElement op) => op.GetProperty("diff").GetProperty("set").TryGetProperty("meta.value", out var value) ? value.GetString()! : "";

    private static string Data(JsonElement ticket) => ticket.GetProperty("meta").GetProperty("value").GetProperty("data").GetString()!;
}
