using System.Collections.Concurrent;
using Tickets.Chaos.Faults;
using Tickets.Chaos.Histories;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Load;

/// <summary>What robots do all day, a request at a time: tickets are made, looked at, worked on, searched for and closed.</summary>
internal sealed class TicketLives(Fleet fleet, IReadOnlyList<string> queues, int seed) : IDisposable
{
    private const int MostOpen = 20_000;

    private readonly ChaosClient[] _clients = [.. Enumerable.Range(0, fleet.Count).Select(place => new ChaosClient(() => fleet[place].Address, fleet.Key))];
    private readonly ConcurrentQueue<(string Queue, string Id, int Step)> _open = new();
    private readonly ConcurrentDictionary<string, int> _faults = new();
    private long _made, _closed;

    public long Made => Volatile.Read(ref _made);

    public long Closed => Volatile.Read(ref _closed);

    /// <summary>Answers that nobody should be given, and how often each was.</summary>
    public IReadOnlyList<string> Faults => [.. _faults.ToArray().Select(fault => $"{fault.Value} times: {fault.Key}")];

    /// <summary>A third creates, and as many changes as bring them to their end; the rest reads and searches.</summary>
    public async Task<LoadOutcome> SendAsync(long number)
    {
        var client = _clients[(int)((ulong)number % (ulong)_clients.Length)];
        // Of the number alone: the same load for the same seed, however the answers come.
        var random = new Random(HashOf(number));
        var lot = random.Next(100);
        var reply = lot < 30 || _open.IsEmpty ? await CreateAsync(client, random) : lot < 70 ? await StepAsync(client, number) : lot < 90 ? await ReadAsync(client) : await FindAsync(client, random);
        if (reply.Fault is { } fault)
            _faults.AddOrUpdate(fault, 1, (_, count) => count + 1);
        return reply.Outcome switch
        {
            EventKind.Ok => LoadOutcome.Done,
            // A ticket that another request has changed meanwhile: an answer like any other.
            EventKind.Fail when reply.Status is 404 or 409 => LoadOutcome.Done,
            EventKind.Fail when reply.Status is 429 or 503 => LoadOutcome.Refused,
            _ => LoadOutcome.Failed,
        };
    }

    public void Dispose()
    {
        foreach (var client in _clients)
            client.Dispose();
    }

    private async Task<Reply> CreateAsync(ChaosClient client, Random random)
    {
        var queue = queues[random.Next(queues.Count)];
        var reply = await client.PostAsync("/tickets", $$"""{"queue": "{{queue}}", "meta": {"report": {"text": "A gull in engine 2, seen from the tower."} }, "indexed_meta": {"number": {{random.Next(100_000)}} } }""");
        if (!reply.IsOk)
            return reply;
        Interlocked.Increment(ref _made);
        if (_open.Count < MostOpen)
            _open.Enqueue((queue, reply.Json.GetProperty("ticket_id").GetString()!, 0));
        return reply;
    }

    private async Task<Reply> StepAsync(ChaosClient client, long number)
    {
        if (!_open.TryDequeue(out var ticket))
            return Reply.Refused;
        var set = ticket.Step == 0 ? $"\"status\": \"busy\", \"meta.note\": \"taken {number}\"" : "\"status\": \"closed\", \"resolution\": \"done\"";
        var reply = await client.SendAsync("PATCH", $"/tickets/{ticket.Id}", $$"""{"queue": "{{ticket.Queue}}", "set": { {{set}} } }""", ("Idempotency-Key", $"{seed}/{number}"));
        if (reply.IsOk && ticket.Step == 1)
            Interlocked.Increment(ref _closed);
        else if (reply.IsOk || reply.Outcome != EventKind.Fail || reply.Status is 0 or 429 or 503)
            _open.Enqueue(ticket with { Step = reply.IsOk ? 1 : ticket.Step });
        return reply;
    }

    private async Task<Reply> ReadAsync(ChaosClient client) =>
        _open.TryPeek(out var ticket) ? await client.GetAsync($"/tickets/{ticket.Id}?queue={ticket.Queue}") : Reply.Refused;

    private Task<Reply> FindAsync(ChaosClient client, Random random) =>
        client.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queues[random.Next(queues.Count)]}}", "indexed_meta": {"number": {{random.Next(100_000)}} } }, "projection": ["ticket_id", "status"], "limit": 10}""");

    private int HashOf(long number) => (int)((ulong)((number + seed) * 2_654_435_761L) >> 8 & int.MaxValue);
}
