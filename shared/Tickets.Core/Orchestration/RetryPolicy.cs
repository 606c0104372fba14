namespace Tickets.Core.Orchestration;

/// <summary>Retries with growing pauses.</summary>
public sealed class RetryPolicy
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    /// <param name="maxNumberOfAttempts">All attempts, the first among them.</param>
    /// <param name="backoffCoefficient">Each pause is so many times the one before.</param>
    /// <param name="maxRetryInterval">An hour unless given.</param>
    /// <param name="retryTimeout">No attempt begins later than this after the first; without limit unless given.</param>
    public RetryPolicy(int maxNumberOfAttempts, TimeSpan firstRetryInterval, double backoffCoefficient = 1.0, TimeSpan? maxRetryInterval = null, TimeSpan? retryTimeout = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxNumberOfAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(firstRetryInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(backoffCoefficient, 1.0);
        if (maxRetryInterval < firstRetryInterval)
            throw new ArgumentOutOfRangeException(nameof(maxRetryInterval), "The longest pause cannot be shorter than the first.");
        if (retryTimeout < firstRetryInterval)
            throw new ArgumentOutOfRangeException(nameof(retryTimeout), "The retries cannot end before the first of them.");
        MaxNumberOfAttempts = maxNumberOfAttempts;
        FirstRetryInterval = firstRetryInterval;
        BackoffCoefficient = backoffCoefficient;
        MaxRetryInterval = maxRetryInterval ?? (firstRetryInterval > LongestPause ? firstRetryInterval : LongestPause);
        RetryTimeout = retryTimeout;
    }

    public int MaxNumberOfAttempts { get; }
    public TimeSpan FirstRetryInterval { get; }
    public double BackoffCoefficient { get; }
    public TimeSpan MaxRetryInterval { get; }
    public TimeSpan? RetryTimeout { get; }

    /// <summary>False for a failure that another attempt cannot mend.</summary>
    public Func<TaskFailureDetails, bool> HandleFailure { get; init; } = static _ => true;

    /// <summary>The pause after this many failed attempts; null when there is no further attempt.</summary>
    internal TimeSpan? PauseAfter(int attempts, TimeSpan sinceFirst, TaskFailureDetails failure)
    {
        if (attempts >= MaxNumberOfAttempts || !HandleFailure(failure))
            return null;
        var ticks = FirstRetryInterval.Ticks * Math.Pow(BackoffCoefficient, attempts - 1);
        var pause = ticks >= MaxRetryInterval.Ticks ? MaxRetryInterval : TimeSpan.FromTicks((long)ticks);
        return sinceFirst + pause > RetryTimeout ? null : pause;
    }
}
