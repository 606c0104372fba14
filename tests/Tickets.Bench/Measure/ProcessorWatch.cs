using System.Diagnostics;

namespace Tickets.Bench.Measure;

/// <summary>Processor seconds spent by each party.</summary>
/// <param name="Generator">This program and the programs that it has run to their end, such as pgbench.</param>
/// <param name="Others">Everything else on this machine; when it is high the figures are not to be trusted.</param>
internal sealed record ProcessorUse(double App, double Postgres, double Generator, double Others, double Elapsed)
{
    /// <summary>Of the parties of the measurement.</summary>
    public double Total => App + Postgres + Generator;
}

/// <summary>Splits the machine's processor time between the parties of a measurement from its making on.</summary>
internal sealed class ProcessorWatch
{
    private readonly IReadOnlyList<int> _apps;
    private readonly int _postmaster;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Dictionary<int, double> _before;
    private readonly double _machine = ProcessTimes.MachineBusySeconds();
    private readonly double _generator = ProcessTimes.Of(Environment.ProcessId)!.Seconds;

    public ProcessorWatch(IReadOnlyList<int> apps, int postmaster)
    {
        (_apps, _postmaster) = (apps, postmaster);
        _before = Now();
    }

    public ProcessorUse Read()
    {
        var now = Now();
        double Spent(int pid) => now[pid] - _before.GetValueOrDefault(pid);
        var app = _apps.Where(now.ContainsKey).Sum(Spent);
        var postgres = now.Keys.Except(_apps).Sum(Spent);
        var generator = ProcessTimes.Of(Environment.ProcessId)!.Seconds - _generator;
        var machine = ProcessTimes.MachineBusySeconds() - _machine;
        return new ProcessorUse(app, postgres, generator, Math.Max(0, machine - app - postgres - generator), Stopwatch.GetElapsedTime(_started).TotalSeconds);
    }

    private Dictionary<int, double> Now()
    {
        var times = ProcessTimes.ChildrenOf(_postmaster).ToDictionary(child => child.Pid, child => child.Times.Seconds);
        foreach (var pid in _apps.Append(_postmaster))
        {
            if (ProcessTimes.Of(pid) is { } own)
                times[pid] = own.Seconds;
        }

        return times;
    }
}
