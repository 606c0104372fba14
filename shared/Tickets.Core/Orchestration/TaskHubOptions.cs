namespace Tickets.Core.Orchestration;

/// <summary>How a process works on a task hub.</summary>
public sealed record TaskHubOptions
{
    /// <summary>How long a worker that gave no sign of life keeps what it has taken up.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many orchestrations take their turn at a time. Those that are held while activities of theirs run here do not count, up to four times as many.</summary>
    public int MaxConcurrentOrchestrations { get; init; } = 256;

    /// <summary>Of all names together; one name gets half of them, so that what hangs leaves places to the rest.</summary>
    public int MaxConcurrentActivities { get; init; } = 128;

    /// <summary>How many activities of one orchestration the process that runs it runs itself, at a time; the others wait in the table for any process. 0: all do.</summary>
    public int LocalActivities { get; init; } = 8;

    /// <summary>How long an orchestration is held for activities that run here. Those that take longer go on by themselves, and it is given back.</summary>
    public TimeSpan LocalPatience { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How often an instance may fail by its own fault, or end its process, without recording a step before it is parked; the same for a queued activity, which then fails.
    /// A database that is away, a lost lease or a stop of the process do not count.
    /// </summary>
    public int MaxAttempts { get; init; } = 10;

    /// <summary>The pause after an attempt that failed, doubled with each.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The pause of a worker that could not reach its database.</summary>
    public TimeSpan AwayPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long an idle worker at most looks away.</summary>
    public TimeSpan LongestLookAway { get; init; } = TimeSpan.FromSeconds(1.2);

    /// <summary>How long an instance whose version no orchestrator here serves is left alone.</summary>
    public TimeSpan UnknownPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long running activities may take to end when the process is asked to stop; of a pump's budget at most a quarter, at its end.</summary>
    public TimeSpan StopPatience { get; init; } = TimeSpan.FromSeconds(3);
}
