using System.Runtime.ExceptionServices;
using System.Text.Json;
using Tickets.Cli;
using Tickets.Client;
using Tickets.Client.Import;
using Tickets.Contracts;

namespace Tickets.Local.Demo;

/// <summary>
/// Real reports live a whole ticket life over HTTP: created by robots, moved through their workflow, closed, archived, and found again in both tiers.
/// Everything that was acknowledged is written down here and held against what the service answers in the end.
/// </summary>
/// <param name="stack">Freshly started, with nothing in it.</param>
/// <param name="reports">The CSV.</param>
internal sealed class DemoRun(LocalStack stack, string reports, DemoProgress progress) : IDisposable
{
    private const int Crew = 16;
    private const int OpsPerPage = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // Longer than any run of the archiver over HTTP.
    private static readonly TimeSpan LongestArchiveRun = TimeSpan.FromMinutes(4);

    private readonly TicketsClient _client = new(new() { Address = stack.Apps[0].Address, Key = stack.DevelopmentKey, RetryFor = Patience, NonceStock = 1000 });
    private readonly HttpClient _http = TierReads.Http(stack.Apps[0].Address, stack.DevelopmentKey!);
    private readonly Ledger _ledger = new();
    private readonly List<Work> _work = [];
    private readonly List<Check> _checks = [];
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Workflow _workflow = DemoFiles.Workflow();
    private readonly Queue _queue = DemoFiles.Queue();

    /// <summary>Only so many of the reports; all by default.</summary>
    public int Reports { get; init; } = int.MaxValue;

    /// <summary>How many tickets are read back from each tier.</summary>
    public int ReadBack { get; init; } = 200;

    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
    }

    /// <exception cref="DemoFailedException">Something failed that it cannot go on from.</exception>
    /// <exception cref="TicketsException">The service refused what it should have done, or went away.</exception>
    public async Task<DemoResult> RunAsync(CancellationToken cancel)
    {
        await _client.PutWorkflowAsync(_workflow, RevisionCondition.Absent, cancel);
        var queue = await _client.PutQueueAsync(_queue, RevisionCondition.Absent, cancel);
        await ImportAsync(cancel);
        await MoveOnAsync(cancel);
        _checks.AddRange(await new RefusalChecks(_client, _queue.Name, _ledger).RunAsync(cancel));

        var byStatus = _workflow.Statuses.Keys.ToDictionary(status => status, _ledger.InStatus);
        await SearchAsync("Tickets found by search", "Searches find every ticket in its status", byStatus, cancel);
        var closed = byStatus["closed"];
        await ArchiveAsync(queue, closed, cancel);
        await SearchAsync("The same after archiving", "After archiving, searches find the open tickets only", new Dictionary<string, IReadOnlyList<string>>(byStatus) { ["closed"] = [] }, cancel);

        await ReadOplogAsync(closed.ToHashSet(), cancel);
        var requests = await ReadBackAsync(closed, "cold", cancel);
        await ReadBackAsync([.. byStatus.Where(s => s.Key != "closed").SelectMany(s => s.Value).Where(id => _ledger.Tickets[id].Report is not null)], "hot", cancel);
        await InspectAsync(cancel);
        return new DemoResult(_work, byStatus.ToDictionary(s => s.Key, s => s.Value.Count), requests, await ColdStorage.MeasureAsync(stack.StorageConnectionString, cancel), _checks);
    }

    private async Task ImportAsync(CancellationToken cancel)
    {
        using var file = ImportFile.Open(reports);
        var mapping = DemoFiles.Mapping();
        mapping.CheckColumns(file.Columns!);
        // Read ahead: it is small, and progress is worth more when the end is known.
        var rows = await file.ReadAsync(cancel).Take(Reports).ToListAsync(cancel);
        var byLine = rows.ToDictionary(row => row.Line, row => row.Values);
        var summary = await progress.StepAsync($"{Crew} robots create tickets", rows.Count, async done =>
        {
            var options = new ImportOptions { Robots = Crew, Created = (line, ticketId) => { _ledger.Created(ticketId, new Known(_workflow.Initial!, 1, byLine[line])); done(); } };
            var ended = await new TicketImport(_client, mapping, options).RunAsync(rows.ToAsyncEnumerable(), cancel);
            cancel.ThrowIfCancellationRequested();
            return ended;
        });
        if (summary.StoppedBy is { } reason) ExceptionDispatchInfo.Throw(reason);
        _work.Add(new Work("Tickets created", summary.Created, summary.Elapsed, summary.P50Ms, summary.P99Ms));
        _checks.Add(new Check($"Every one of {rows.Count:N0} reports became a ticket", [.. summary.Failures.Select(failure => $"line {failure.Line}: {failure.Reason}")]));
    }

    private async Task MoveOnAsync(CancellationToken cancel)
    {
        var began = _time.GetTimestamp();
        var robots = new Robots(_client, _queue.Name, Crew, _ledger, _time);
        await progress.StepAsync($"{Crew} robots triage, repair and close", _ledger.Tickets.Count, async finished =>
        {
            await robots.WorkAsync(finished, cancel);
            return true;
        });
        _work.Add(new Work("Updates on known versions", robots.Updates.Count, _time.GetElapsedTime(began), robots.Updates.PercentileMs(0.5), robots.Updates.PercentileMs(0.99)));
    }

    private async Task SearchAsync(string what, string check, IReadOnlyDictionary<string, IReadOnlyList<string>> byStatus, CancellationToken cancel)
    {
        var began = _time.GetTimestamp();
        _checks.Add(new Check(check, await new StatusCheck(_client, _queue.Name).FaultsAsync(byStatus, cancel)));
        _work.Add(new Work(what, byStatus.Sum(s => s.Value.Count), _time.GetElapsedTime(began)));
    }

    /// <summary>From now on closed tickets are due at once. A run is bounded in time, so it is repeated until nothing is due.</summary>
    private async Task ArchiveAsync(Queue queue, IReadOnlyList<string> closed, CancellationToken cancel)
    {
        await _client.PutQueueAsync(queue with { HotRetention = "PT0S", Revision = null }, RevisionCondition.Is(queue.Revision!.Value), cancel);
        var began = _time.GetTimestamp();
        await progress.StepAsync("The archiver moves closed tickets to cold", closed.Count, async archived =>
        {
            using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var watch = WatchAsync(archived, watching.Token);
            while (!await ArchiveOnceAsync(cancel)) await Task.Delay(TimeSpan.FromSeconds(1), _time, cancel);
            await watching.CancelAsync();
            return await watch;
        });
        _work.Add(new Work("Tickets archived", closed.Count, _time.GetElapsedTime(began)));
    }

    /// <returns>Whether nothing is due any more.</returns>
    private async Task<bool> ArchiveOnceAsync(CancellationToken cancel)
    {
        var answer = await _client.SendAsync(new TicketsRequest(HttpMethod.Post, "/archive/runs") { HeldFor = LongestArchiveRun }, cancel);
        if (!answer.IsSuccess) throw new DemoFailedException($"The archiver's run was answered {answer.Status}: {answer.ReadProblem()?.Detail}");
        var report = JsonElement.Parse(answer.Body.Span);
        if (report.GetProperty("failures") is var failures && failures.GetArrayLength() > 0)
            throw new DemoFailedException($"The archiver failed: {failures.GetRawText()}");
        // Busy: the timer function has just come round and is at it.
        return report.GetProperty("complete").GetBoolean() && report.GetProperty("busy").GetInt32() == 0;
    }

    /// <summary>Follows the change log, which says of each ticket when it is archived.</summary>
    private async Task<bool> WatchAsync(Action archived, CancellationToken cancel)
    {
        try
        {
            var cursor = OplogRequest.Now;
            while (true)
            {
                var page = await _client.GetOplogAsync(new OplogRequest { Cursor = cursor, MaxOps = OpsPerPage, Wait = TimeSpan.FromSeconds(10) }, cancel);
                foreach (var _ in page.Ops.Where(op => op.Kind == "archived")) archived();
                cursor = page.NextCursor;
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return true;
        }
    }

    private async Task ReadOplogAsync(HashSet<string> archived, CancellationToken cancel)
    {
        var expected = _ledger.Tickets.Count + _ledger.Updates.Count + archived.Count;
        var (ops, pages, began) = (new List<Op>(expected), new Latencies(), _time.GetTimestamp());
        await progress.StepAsync("Reading the whole change log", expected, async read =>
        {
            for (string? cursor = null; ;)
            {
                var sent = _time.GetTimestamp();
                var page = await _client.GetOplogAsync(new OplogRequest { Cursor = cursor, MaxOps = OpsPerPage }, cancel);
                pages.Add(_time.GetElapsedTime(sent));
                if (page.Ops.Count == 0) return true;
                ops.AddRange(page.Ops);
                foreach (var _ in page.Ops) read();
                cursor = page.NextCursor;
            }
        });
        _work.Add(new Work($"Ops read, {OpsPerPage:N0} a page", ops.Count, _time.GetElapsedTime(began), pages.PercentileMs(0.5), pages.PercentileMs(0.99)));
        var ends = ops.GroupBy(op => op.Shard).OrderBy(shard => shard.Key, StringComparer.Ordinal).Select(shard => $"1 to {shard.Count():N0} on {shard.Key}");
        _checks.Add(new Check($"The change log is dense ({string.Join(", ", ends)}) and accounts for every answer", OplogCheck.Faults(ops, _ledger, archived)));
    }

    /// <summary>After the log has been read whole: what tickets do by themselves no robot has been answered for.</summary>
    private async Task InspectAsync(CancellationToken cancel)
    {
        var began = _time.GetTimestamp();
        _checks.AddRange(await progress.StepAsync("Three inspections look after themselves", Inspections.Tickets, seen => new Inspections(_client, _ledger, _time).RunAsync(seen, cancel)));
        _work.Add(new Work("Inspections reminded of, timed out, stuck", Inspections.Tickets, _time.GetElapsedTime(began)));
    }

    /// <returns>How many storage requests each read made.</returns>
    private async Task<IReadOnlyList<int>> ReadBackAsync(IReadOnlyList<string> ticketIds, string tier, CancellationToken cancel)
    {
        var drawn = ticketIds.ToArray();
        Random.Shared.Shuffle(drawn);
        drawn = drawn[..Math.Min(ReadBack, drawn.Length)];
        var reads = new TierReads(_http, _queue.Name, _ledger, _time);
        var began = _time.GetTimestamp();
        var faults = await progress.StepAsync($"Reading random tickets back from {tier}", drawn.Length, read => reads.FaultsAsync(drawn, tier, read, cancel));
        _work.Add(new Work($"Lookups by id, {tier}", drawn.Length, _time.GetElapsedTime(began), reads.Latencies.PercentileMs(0.5), reads.Latencies.PercentileMs(0.99)));
        _checks.Add(new Check($"{drawn.Length:N0} random tickets read from {tier} are the reports they were made of", faults));
        return reads.StorageRequests;
    }
}
