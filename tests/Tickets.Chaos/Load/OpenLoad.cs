using System.Diagnostics;
using Tickets.Bench.Load;

namespace Tickets.Chaos.Load;

/// <summary>What came of a second of load.</summary>
/// <param name="P99">Of what was done, in milliseconds, counted from when each was due.</param>
internal sealed record LoadSecond(double At, long Done, long Refused, long Failed, double P50, double P99);

/// <summary>
/// Sends at a rate whatever comes back, through processes that come and go. Latency counts from when a request was due. Unlike the bench's
/// generator it lives through cut connections; it costs more processor time a request, and is only compared with itself.
/// </summary>
/// <param name="rate">Requests a second, by the time since the beginning.</param>
/// <param name="send">Sends one; told its number.</param>
internal sealed class OpenLoad(Func<TimeSpan, double> rate, Func<long, Task<LoadOutcome>> send)
{
    /// <summary>More than any server is to answer at once; what is due beyond waits, and its wait counts.</summary>
    private const int MostUnderWay = 512;

    private readonly List<LoadSecond> _seconds = [];
    private readonly Lock _lock = new();
    private readonly Stopwatch _running = Stopwatch.StartNew();
    private LatencyHistogram _second = new();
    private long _done, _refused, _failed, _number;
    private int _underWay;

    public IReadOnlyList<LoadSecond> Seconds
    {
        get
        {
            lock (_lock)
                return [.. _seconds];
        }
    }

    /// <summary>Of the whole.</summary>
    public LatencyHistogram Latency { get; } = new();

    public long Done { get; private set; }

    public long Refused { get; private set; }

    public long Failed { get; private set; }

    public async Task RunAsync(CancellationToken stop)
    {
        _running.Restart();
        var due = TimeSpan.Zero;
        var told = TimeSpan.FromSeconds(1);
        while (!stop.IsCancellationRequested)
        {
            for (var now = _running.Elapsed; due <= now && Volatile.Read(ref _underWay) < MostUnderWay; due += TimeSpan.FromSeconds(1 / Math.Max(0.1, rate(due))))
            {
                Interlocked.Increment(ref _underWay);
                _ = SendAsync(due);
            }

            if (_running.Elapsed >= told)
            {
                Tell(told.TotalSeconds);
                told = _running.Elapsed + TimeSpan.FromSeconds(1);
            }

            await Task.Delay(2, CancellationToken.None);
        }

        while (Volatile.Read(ref _underWay) > 0)
            await Task.Delay(10, CancellationToken.None);
    }

    private async Task SendAsync(TimeSpan due)
    {
        // Off the one loop that keeps the time.
        await Task.Yield();
        var outcome = await send(Interlocked.Increment(ref _number));
        lock (_lock)
        {
            switch (outcome)
            {
                case LoadOutcome.Done:
                    var ticks = (long)((_running.Elapsed - due).TotalSeconds * Stopwatch.Frequency);
                    _second.Record(ticks);
                    Latency.Record(ticks);
                    _done++;
                    break;
                case LoadOutcome.Refused:
                    _refused++;
                    break;
                default:
                    _failed++;
                    break;
            }
        }

        Interlocked.Decrement(ref _underWay);
    }

    private void Tell(double at)
    {
        lock (_lock)
        {
            _seconds.Add(new LoadSecond(at, _done, _refused, _failed, _second.Milliseconds(0.5), _second.Milliseconds(0.99)));
            (Done, Refused, Failed) = (Done + _done, Refused + _refused, Failed + _failed);
            (_done, _refused, _failed, _second) = (0, 0, 0, new LatencyHistogram());
        }
    }
}

internal enum LoadOutcome
{
    Done,

    /// <summary>With a declared 429 or 503.</summary>
    Refused,

    /// <summary>Cut off, or answered with what should not be.</summary>
    Failed,
}
