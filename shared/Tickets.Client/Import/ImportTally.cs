namespace Tickets.Client.Import;

/// <summary>What the robots of one import have done, counted together.</summary>
internal sealed class ImportTally(ImportOptions options)
{
    private const int FailuresKept = 100;
    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly LatencyHistogram latency = new();
    private readonly PriorityQueue<ImportFailure, long> firstFailures = new();
    private readonly long started = options.Time.GetTimestamp();
    private long reported = options.Time.GetTimestamp();
    private long created, skipped, failed, unsettled;
    private Exception? stoppedBy;

    public void Created(TimeSpan took)
    {
        latency.Add(took);
        lock (gate) created++;
        Report();
    }

    public void Skipped()
    {
        lock (gate) skipped++;
        Report();
    }

    public void Failed(ImportFailure failure)
    {
        lock (gate)
        {
            failed++;
            // Smallest priority leaves first: what is kept are the smallest lines.
            firstFailures.Enqueue(failure, -failure.Line);
            if (firstFailures.Count > FailuresKept) firstFailures.Dequeue();
        }
        options.Failed?.Invoke(failure);
        Report();
    }

    public void Unsettled()
    {
        lock (gate) unsettled++;
    }

    /// <summary>The first reason counts; what the other robots meet while they stop is its consequence.</summary>
    public void Stop(Exception reason)
    {
        lock (gate) stoppedBy ??= reason;
    }

    public ImportSummary End()
    {
        options.Progress?.Invoke(Progress());
        lock (gate)
        {
            return new ImportSummary
            {
                Rows = created + skipped + failed,
                Created = created,
                Skipped = skipped,
                Failed = failed,
                Unsettled = unsettled,
                Elapsed = options.Time.GetElapsedTime(started),
                P50Ms = latency.PercentileMs(0.50),
                P99Ms = latency.PercentileMs(0.99),
                Failures = [.. firstFailures.UnorderedItems.Select(f => f.Element).OrderBy(f => f.Line)],
                StoppedBy = stoppedBy,
            };
        }
    }

    private ImportProgress Progress()
    {
        lock (gate) return new ImportProgress(created + skipped + failed, created, skipped, failed);
    }

    private void Report()
    {
        if (options.Progress is null) return;
        lock (gate)
        {
            if (options.Time.GetElapsedTime(reported) < ReportEvery) return;
            reported = options.Time.GetTimestamp();
        }
        options.Progress(Progress());
    }
}
