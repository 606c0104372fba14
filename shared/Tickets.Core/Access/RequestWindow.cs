namespace Tickets.Core.Access;

/// <summary>
/// The requests of one caller in one window of time. Windows stand still (a minute of the clock, a day of UTC), so that all
/// processes count in the same one; each adds what it has counted to a common total and goes by that and its own latest.
/// </summary>
/// <param name="limit">At most so many in a window.</param>
internal sealed class RequestWindow(long limit, TimeSpan length)
{
    private DateTimeOffset _start;
    private long _total;
    private long _unshared;

    public TimeSpan Length => length;
    public DateTimeOffset Start => _start;
    public long Limit => limit;
    public long Remaining => Math.Max(0, limit - _total - _unshared);

    public void MoveTo(DateTimeOffset now)
    {
        var start = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % length.Ticks), TimeSpan.Zero);
        // A clock that is set back does not open a window again.
        if (start > _start)
            (_start, _total, _unshared) = (start, 0, 0);
    }

    public void Count() => _unshared++;

    /// <summary>What has been counted here since the last call: to be added to the common total.</summary>
    public long TakeUnshared()
    {
        var counted = _unshared;
        _total += counted;
        _unshared = 0;
        return counted;
    }

    /// <summary>The common total of the window that began then.</summary>
    public void Learn(DateTimeOffset start, long total)
    {
        if (start == _start)
            _total = Math.Max(total, _total);
    }

    public TimeSpan UntilEnd(DateTimeOffset now) => _start + length - now;
}
