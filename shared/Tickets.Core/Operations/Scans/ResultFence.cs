using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Ticketing;

namespace Tickets.Core.Operations.Scans;

/// <summary>
/// Puts every piece of a result on one side of every erasure: it is there before the erasure looks through the results, or it was committed by somebody who knew which tickets had
/// been erased. For erasures write that down before they touch any copy, pieces are committed under a shared lock, and an erasure that has waited for that lock alone looks then.
/// </summary>
public sealed class ResultFence(NpgsqlDataSource settings, ShardSet shards, TimeProvider clock)
{
    /// <summary>Of the lock in the settings database: the bytes of "rslt".</summary>
    internal const int LockClass = 0x72736c74;

    // Longer than clocks differ, and than an erasure takes from its first word to the last shard's.
    private static readonly TimeSpan Margin = TimeSpan.FromHours(1);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>The tickets that were erased since then, or a while before it.</summary>
    internal async Task<HashSet<long>> ErasedSinceAsync(DateTimeOffset since, CancellationToken cancel)
    {
        // Every shard has been told of what is gone from anywhere but the hot tier: one that answers will do.
        var left = shards.All.Count;
        foreach (var shard in shards.All)
        {
            left--;
            try
            {
                return await ErasedTickets.SinceAsync(shard, since - Margin, cancel);
            }
            catch (Exception fault) when (ConnectionLoss.Is(fault) && left > 0)
            {
                // The next one may be there.
            }
        }

        throw new InvalidOperationException("There is no shard.");
    }

    /// <summary>To commit a piece in. Erasures' looking through the results waits for its end.</summary>
    internal Task<AdvisoryLock> EnterAsync(CancellationToken cancel) => TakeAsync(shared: true, cancel);

    /// <summary>Waits until every piece is there that may have been committed without knowing of what is erased by now.</summary>
    internal async Task PassAsync(CancellationToken cancel) => await (await TakeAsync(shared: false, cancel)).DisposeAsync();

    private Task<AdvisoryLock> TakeAsync(bool shared, CancellationToken cancel) => AdvisoryLock.WaitAsync(
        () => AdvisoryLock.TryTakeAsync(settings, (LockClass, 0), shared, cancel), Patience, "Results of scans have been committed", clock, cancel);
}
