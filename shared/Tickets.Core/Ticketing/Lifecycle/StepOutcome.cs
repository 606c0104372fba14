using Npgsql;
using Tickets.Core.Archive.Format;
using Tickets.Core.Orchestration;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>How a try of a step came out: done, to be tried again after a while, or never going to work.</summary>
/// <param name="Child">The ticket that it made.</param>
public sealed record StepOutcome(bool IsDone, TimeSpan? Again = null, string? Failure = null, long? Child = null)
{
    public static readonly StepOutcome Done = new(true);

    public static StepOutcome Failed(string why) => new(false, Failure: why);
    public static StepOutcome TryAgain(TimeSpan after) => new(false, after);
}

/// <summary>Something that a step needs is away or busy: it passes, and the step is tried again.</summary>
internal sealed class StepDelayedException(string message) : Exception(message);

/// <summary>What becomes of a life with what its step came to. Pure.</summary>
internal static class StepProgress
{
    /// <summary>An outage of a day is waited out; a step that has failed for longer is one that cannot work.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);
    private const int TriesOfTheUnforeseen = 5;

    /// <summary>What passes by itself. All else is a fault of ours or of the step.</summary>
    private static readonly Type[] Passing =
    [
        typeof(NpgsqlException), typeof(IOException), typeof(TimeoutException), typeof(HttpRequestException), typeof(OperationCanceledException),
        typeof(StepDelayedException), typeof(DamagedPartException), typeof(Azure.RequestFailedException),
    ];

    public static LifecycleState After(LifecycleState state, StepOutcome outcome, int steps, DateTimeOffset now) => outcome switch
    {
        { IsDone: true } when state.Stuck is not null => Ended(state),
        { IsDone: true } => Next(outcome.Child is { } child ? state with { Children = [.. state.Children, child] } : state, steps, now),
        { Failure: { } why } => Stuck(state, why, now),
        _ => state with { StepTries = state.StepTries + 1, StepDue = now + outcome.Again, FailingSince = null },
    };

    public static LifecycleState AfterFault(LifecycleState state, TaskFailureDetails fault, DateTimeOffset now)
    {
        var since = state.FailingSince ?? now;
        var pause = Pause(state.FailingSince is null ? 1 : state.StepTries + 1);
        var tried = state.FailingSince is null ? 1 : state.StepTries + 1;
        var isOver = Array.Exists(Passing, fault.IsCausedBy) ? now + pause - since > Patience : tried >= TriesOfTheUnforeseen;
        // The ticket about a stuck one is tried for as long as that stays stuck.
        return isOver && state.Stuck is null
            ? Stuck(state, fault.ToString(), now)
            : state with { FailingSince = since, StepTries = tried, StepDue = now + pause };
    }

    /// <summary>The step under way is over.</summary>
    public static LifecycleState Next(LifecycleState state, int steps, DateTimeOffset now) => state.StepsTaken + 1 < steps
        ? Fresh(state, now) with { StepsTaken = state.StepsTaken + 1 }
        : Ended(state with { StepsTaken = state.StepsTaken + 1 });

    public static LifecycleState Ended(LifecycleState state) => Fresh(state, null) with { StepsDone = true };

    private static LifecycleState Stuck(LifecycleState state, string why, DateTimeOffset now) => Fresh(state, now) with { Stuck = why.Length > 2000 ? why[..2000] : why };

    private static LifecycleState Fresh(LifecycleState state, DateTimeOffset? since) =>
        state with { StepSince = since, StepDue = null, StepTries = 0, FailingSince = null, Stuck = null };

    private static TimeSpan Pause(int tries)
    {
        var pause = TimeSpan.FromMilliseconds(500 * Math.Pow(2, Math.Min(tries, 16) - 1));
        return pause < LongestPause ? pause : LongestPause;
    }
}
