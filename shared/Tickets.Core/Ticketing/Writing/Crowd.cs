namespace Tickets.Core.Ticketing.Writing;

/// <summary>
/// How crowded a shard's log is with writers of other processes. Each group holds the log's head to its commit, so with several processes
/// groups queue up, and small ones cost as much as large ones: then it pays to let company gather. Alone, a writer never pauses.
/// </summary>
internal sealed class Crowd
{
    private static readonly TimeSpan Noticeable = TimeSpan.FromMilliseconds(0.3);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(2);

    private TimeSpan _waiting;

    /// <summary>How long to let requests gather before the next group.</summary>
    public TimeSpan Pause => _waiting < Noticeable ? TimeSpan.Zero : LongestPause;

    /// <param name="waited">For the log's head, by the last group.</param>
    public void Saw(TimeSpan waited) => _waiting += (waited - _waiting) / 8;
}
