namespace Tickets.Client.Import;

/// <summary>What the robots of one import have done, counted together.</summary>
internal sealed class ImportTally(ImportOptions options)
{
    private const int FailuresKept = 100;
    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly LatencyHistogram _latency = new();
    private readonly PriorityQueue<ImportFailure, long> _firstFailures = new();
    private readonly long _started = options.Time.GetTimestamp();
    private long _reported = options.Time.GetTimestamp();
    private long _created, _skipped, _failed, _unsettled;
    private Exception? _stoppedBy;

    public void Created(TimeSpan took)
    {
        _latency.Add(took);
        lock (_gate) _created++;
        Report();
    }

    public void Skipped()
    {
        lock (_gate) _skipped++;
        Report();
    }

    public void Failed(ImportFailure failure)
    {
        lock (_gate)
        {
            _failed++;
            // Smallest priority leaves first: what is kept are the smallest lines.
            _firstFailures.Enqueue(failure, -failure.Line);
            if (_firstFailures.Count > FailuresKept) _firstFailures.Dequeue();
        }
        options.Failed?.Invoke(failure);
        Report();
    }

    public void Unsettled()
    {
        lock (_gate) _unsettled++;
    }

    /// <summary>The first reason counts; what the other robots meet while they stop is its consequence.</summary>
    public void Stop(Exception reason)
    {
        lock (_gate) _stoppedBy ??= reason;
    }

    public ImportSummary End()
    {
        options.Progress?.Invoke(Progress());
        lock (_gate)
        {
            return new ImportSummary
            {
                Rows = _created + _skipped + _failed,
                Created = _created,
                Skipped = _skipped,
                Failed = _failed,
                Unsettled = _unsettled,
                Elapsed = options.Time.GetElapsedTime(_started),
                P50Ms = _latency.PercentileMs(0.50),
                P99Ms = _latency.PercentileMs(0.99),
                Failures = [.. _firstFailures.UnorderedItems.Select(f => f.Element).OrderBy(f => f.Line)],
                StoppedBy = _stoppedBy,
            };
        }
    }

    private ImportProgress Progress()
    {
        lock (_gate) return new ImportProgress(_created + _skipped + _failed, _created, _skipped, _failed);
    }

    private void Report()
    {
        if (options.Progress is null) return;
        lock (_gate)
        {
            if (options.Time.GetElapsedTime(_reported) < ReportEvery) return;
            _reported = options.Time.GetTimestamp();
        }
        options.Progress(Progress());
    }
}
