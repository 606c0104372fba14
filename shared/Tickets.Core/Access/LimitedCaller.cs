namespace Tickets.Core.Access;

/// <summary>The windows of one caller: a request must fit into all of them, and one that is refused counts in none.</summary>
internal sealed class LimitedCaller
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly RequestWindow[] _windows;

    public LimitedCaller(RequestLimits limits)
    {
        Limits = limits;
        _windows = [.. new[] { (Limit: (long?)limits.PerMinute, Length: Minute), (Limit: limits.PerDay, Length: Day) }
            .Where(window => window.Limit is not null).Select(window => new RequestWindow(window.Limit!.Value, window.Length))];
    }

    public RequestLimits Limits { get; }

    public RequestAllowance Take(DateTimeOffset now)
    {
        lock (_gate)
        {
            foreach (var window in _windows)
                window.MoveTo(now);
            // Of windows that are full the one that opens last is what the caller has to wait for.
            var tightest = _windows.OrderBy(window => window.Remaining).ThenByDescending(window => window.UntilEnd(now)).First();
            var allowed = tightest.Remaining > 0;
            if (allowed)
            {
                foreach (var window in _windows)
                    window.Count();
            }

            return new RequestAllowance(allowed, tightest.Limit, tightest.Remaining, tightest.Length, tightest.UntilEnd(now));
        }
    }

    /// <summary>What has been counted since the last call, by window.</summary>
    public IReadOnlyList<(int Seconds, DateTimeOffset Start, long Requests)> TakeUnshared()
    {
        lock (_gate)
            return [.. _windows.Select(window => ((int)window.Length.TotalSeconds, window.Start, window.TakeUnshared())).Where(counted => counted.Item3 > 0)];
    }

    public void Learn(int seconds, DateTimeOffset start, long total)
    {
        lock (_gate)
            _windows.FirstOrDefault(window => (int)window.Length.TotalSeconds == seconds)?.Learn(start, total);
    }
}
