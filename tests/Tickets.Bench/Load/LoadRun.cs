using System.Diagnostics;
using System.Text;

namespace Tickets.Bench.Load;

/// <summary>Runs a load from one thread of its own.</summary>
internal sealed class LoadRun
{
    /// <summary>How long answers are waited for after the end.</summary>
    private static readonly long DrainTicks = 10 * Stopwatch.Frequency;

    private readonly IRequests _requests;
    private readonly LoadResult _result = new();
    private readonly HttpConnection[] _connections;
    private readonly Stack<int> _free = new();
    private readonly int[] _ready = new int[128];
    private readonly double _interval;
    private readonly bool _open;
    private readonly long _from;
    private readonly long _to;
    private double _due;

    private LoadRun(LoadPlan plan, IRequests requests)
    {
        _requests = requests;
        _connections = [.. Enumerable.Range(0, plan.Connections).Select(i => new HttpConnection(plan.Apps[i % plan.Apps.Count]))];
        _open = plan.RatePerSecond is not null;
        _interval = Stopwatch.Frequency / (plan.RatePerSecond ?? 1);
        var now = Stopwatch.GetTimestamp();
        _from = now + (long)(plan.WarmUp.TotalSeconds * Stopwatch.Frequency);
        _to = _from + (long)(plan.Duration.TotalSeconds * Stopwatch.Frequency);
        _due = now;
        _result.Elapsed = plan.Duration;
        for (var i = _connections.Length - 1; i >= 0; i--)
            _free.Push(i);
    }

    public static Task<LoadResult> RunAsync(LoadPlan plan, IRequests requests)
    {
        var done = new TaskCompletionSource<LoadResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                done.SetResult(new LoadRun(plan, requests).Run());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        })
        { IsBackground = true, Name = "load" };
        thread.Start();
        return done.Task;
    }

    private LoadResult Run()
    {
        using var epoll = new Epoll();
        try
        {
            for (var i = 0; i < _connections.Length; i++)
                epoll.Watch(_connections[i].Descriptor, i);
            for (var now = Stopwatch.GetTimestamp(); now < _to; now = Stopwatch.GetTimestamp())
            {
                SendWhatIsDue(now);
                // An open loop looks at the clock each millisecond; what it sends late for that counts as latency.
                ReceiveWhatComes(epoll, milliseconds: _open ? 1 : 100);
            }

            if (_open)
                SendWhatIsDue(_to - 1);
            while (_free.Count < _connections.Length && Stopwatch.GetTimestamp() < _to + DrainTicks)
                ReceiveWhatComes(epoll, milliseconds: 100);
            CountLeftovers();
            return _result;
        }
        finally
        {
            foreach (var connection in _connections)
                connection.Dispose();
        }
    }

    private void SendWhatIsDue(long now)
    {
        while (_free.Count > 0 && (!_open || _due <= now))
        {
            Send(_free.Pop(), _open ? (long)_due : Stopwatch.GetTimestamp());
            _due += _interval;
        }
    }

    private void Send(int number, long started) => _connections[number].Send(_requests.Next(number), started);

    private void ReceiveWhatComes(Epoll epoll, int milliseconds)
    {
        foreach (var number in _ready.AsSpan(0, epoll.Wait(_ready, milliseconds)))
            Receive(number);
    }

    private void Receive(int number)
    {
        var connection = _connections[number];
        if (!connection.IsBusy || !connection.Receive())
            return;
        var now = Stopwatch.GetTimestamp();
        _requests.Answered(number, connection.Status, connection.Body);
        if (IsMeasured(now))
            Count(connection);
        if (connection.Status is 429 or 503 && IsMeasured(connection.Started))
            CountRefusal(connection, now);
        // An open loop's latencies belong to the time when the requests were due, a closed loop's to when the answers came.
        if (connection.Status == 200 && IsMeasured(_open ? connection.Started : now))
            _result.Latency.Record(now - connection.Started);
        if (!_open && now < _to)
            Send(number, now);
        else
            _free.Push(number);
    }

    private bool IsMeasured(long time) => time >= _from && time < _to;

    private void Count(HttpConnection connection)
    {
        if (connection.Status == 200)
        {
            _result.Done++;
            return;
        }

        _result.Refused[connection.Status] = _result.Refused.GetValueOrDefault(connection.Status) + 1;
        _result.FirstRefusal ??= $"{connection.Status} {Encoding.UTF8.GetString(connection.Body)}";
    }

    private void CountRefusal(HttpConnection connection, long now)
    {
        _result.RefusedLatency.Record(now - connection.Sent);
        if (connection.Head.IndexOf("\r\nRetry-After: "u8) < 0)
            _result.RefusedWithoutRetryAfter++;
    }

    /// <summary>Requests without an answer waited at least until now: leaving them out would hide the worst latencies.</summary>
    private void CountLeftovers()
    {
        var now = Stopwatch.GetTimestamp();
        foreach (var connection in _connections.Where(connection => connection.IsBusy && connection.Started >= _from))
        {
            _result.Latency.Record(now - connection.Started);
            _result.Refused[0] = _result.Refused.GetValueOrDefault(0) + 1;
            _result.FirstRefusal ??= "no answer within 10 s of the end";
        }

        for (; _open && _due < _to; _due += _interval)
        {
            if (_due < _from)
                continue;
            _result.Latency.Record(now - (long)_due);
            _result.NeverSent++;
        }
    }
}
