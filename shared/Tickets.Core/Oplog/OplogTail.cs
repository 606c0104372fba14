using System.Text;
using Microsoft.Extensions.Logging;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Oplog;

/// <summary>
/// The newest ops of one shard in memory, for those who wait for more. While somebody waits, one reader asks the database for what
/// is new and wakes whom it concerns: a hundred who wait cost what one does.
/// </summary>
internal sealed class OplogTail(Shard shard, OplogHead head, SettingsCache settings, TimeProvider clock, ILogger logger)
{
    private const int MostOps = 4_096;
    private const long MostCharacters = 8 << 20;
    private const int MostAtOnce = 1_000;
    private const string Erased = "erased";

    /// <summary>What is older is read anew: an erasure empties ops on every shard, and only the ticket's own shard has an op that tells of it.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    // Under load ops come in hundreds of groups a second; looking that often would cost more than it brings.
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // Who has just been answered comes back soon.
    private static readonly TimeSpan Lingering = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly List<Seat> _seats = [];
    private readonly Queue<OplogOp> _ops = new();
    private long _characters;
    private long _last;
    private long _leftAt;
    private bool _running;
    private bool _live;

    /// <summary>What is new after a position: from memory where it is fresh there, else from the database. It ends by the same bounds either way, so that it is the same whenever it is read.</summary>
    /// <param name="only">Ids of the queues wanted; empty: all.</param>
    /// <param name="longestDiff">Longer ones do not come and do not count; in bytes.</param>
    /// <param name="mostBytes">Of diffs: the stretch ends early when they come to more, after one op at least.</param>
    /// <param name="anew">From the database in any case.</param>
    public async Task<OplogStretch> ReadAsync(long after, int max, long window, int[] only, int longestDiff, long mostBytes, bool anew, CancellationToken cancel)
    {
        if (!anew && TryRead(after, max, op => only.Length == 0 || only.Contains(op.QueueId), longestDiff, mostBytes) is { } recent && recent.ReadTo > after)
            return recent;
        var stretch = await OplogRows.ReadAsync(shard, after, max, window, new OplogFilter(only, []), longestDiff, mostBytes, cancel);
        head.Tell(stretch.Head);
        return stretch;
    }

    /// <summary>What is new after a position, from memory; null when this tail does not reach back so far, is not fresh, or nobody keeps it up.</summary>
    public OplogStretch? TryRead(long after, int max, Predicate<OplogOp> wants, int longestDiff = OplogRows.AnyLength, long mostBytes = OplogRows.PageBytes)
    {
        var found = new List<OplogOp>();
        lock (_gate)
        {
            var first = _last - _ops.Count;
            if (!_live || after < first || after > _last)
                return null;
            var (readTo, bytes) = (_last, 0L);
            foreach (var op in _ops.Where(op => op.Opid > after && wants(op)))
            {
                if (found.Count == 0 && clock.GetUtcNow() - op.At > Fresh)
                    return null;
                var length = Encoding.UTF8.GetByteCount(op.Diff!);
                if (length <= longestDiff && (bytes += length) > mostBytes && found.Count > 0)
                {
                    readTo = found[^1].Opid;
                    break;
                }

                found.Add(length > longestDiff ? op with { Diff = null } : op);
                if (found.Count == max)
                {
                    readTo = op.Opid;
                    break;
                }
            }

            return new OplogStretch(after, _last, first + 1, readTo, found);
        }
    }

    /// <summary>Takes a seat to wait on: the waiter is woken by the first op after the position that it wants.</summary>
    public Seat Join(long after, OplogWaiter waiter)
    {
        var seat = new Seat(this, after, waiter);
        lock (_gate)
        {
            _seats.Add(seat);
            if (_live)
                seat.Look(_ops, _last - _ops.Count, _last);
            if (_running)
                return seat;
            _running = true;
        }

        _ = Task.Run(RunAsync);
        return seat;
    }

    private void Leave(Seat seat)
    {
        lock (_gate)
        {
            _seats.Remove(seat);
            _leftAt = clock.GetTimestamp();
        }
    }

    private async Task RunAsync()
    {
        while (IsWanted())
        {
            try
            {
                if (_live)
                    await head.WaitAsync(_last, Patience, CancellationToken.None);
                await ReadNewAsync();
                await Task.Delay(Breath, clock);
            }
            catch (Exception fault) when (ConnectionLoss.Is(fault) || fault is ObjectDisposedException)
            {
                logger.ShardAway(shard.Name, fault);
                await Task.Delay(Patience, clock);
            }
        }
    }

    private bool IsWanted()
    {
        lock (_gate)
        {
            _running = _seats.Count > 0 || clock.GetElapsedTime(_leftAt) < Lingering;
            if (_running)
                return true;
            _live = false;
            Forget();
            return false;
        }
    }

    private void Forget()
    {
        _ops.Clear();
        _characters = 0;
    }

    private async Task ReadNewAsync()
    {
        if (!_live)
        {
            // From here on; what those who wait may have missed they are sent to read themselves.
            Publish([], await OplogRows.HeadAsync(shard, CancellationToken.None));
            return;
        }

        if (head.Newest <= _last)
            return;
        var stretch = await OplogRows.ReadAsync(shard, _last, MostAtOnce, MostAtOnce, OplogFilter.None, OplogRows.AnyLength, OplogRows.PageBytes, CancellationToken.None);
        head.Tell(stretch.Head);
        // A queue that another process made a moment ago: who may read it is decided by its name.
        if (stretch.Ops.Any(op => !settings.Current.QueuesById.ContainsKey(op.QueueId)))
            await settings.RefreshAsync(CancellationToken.None);
        Publish(stretch.Ops, stretch.ReadTo);
    }

    private void Publish(IReadOnlyList<OplogOp> ops, long readTo)
    {
        lock (_gate)
        {
            foreach (var op in ops)
            {
                // What a ticket's earlier ops told is being taken out of the log: whoever asks for it is to read that.
                if (op.Kind == Erased)
                    Forget();
                _ops.Enqueue(op);
                _characters += op.Diff!.Length;
            }

            _last = readTo;
            _live = true;
            while (_ops.Count > MostOps || (_characters > MostCharacters && _ops.Count > 0))
                _characters -= _ops.Dequeue().Diff!.Length;
            foreach (var seat in _seats)
                seat.Look(ops, readTo - ops.Count, readTo);
        }
    }

    /// <summary>Where one waiter waits on one shard. The tail's lock guards it.</summary>
    internal sealed class Seat(OplogTail tail, long after, OplogWaiter waiter) : IDisposable
    {
        private bool _woken;

        /// <summary>Nothing up to here is wanted.</summary>
        public long Seen { get; private set; } = after;

        public void Dispose() => tail.Leave(this);

        public void Look(IEnumerable<OplogOp> ops, long before, long last)
        {
            if (_woken || Seen >= last)
                return;
            if (Seen < before)
            {
                // Ops that are not at hand lie between: the waiter must read them itself.
                Wake();
                return;
            }

            foreach (var op in ops)
            {
                if (op.Opid <= Seen || !waiter.Wants(op))
                    continue;
                Seen = op.Opid - 1;
                Wake();
                return;
            }

            Seen = last;
        }

        private void Wake()
        {
            _woken = true;
            waiter.Wake();
        }
    }
}

/// <summary>Somebody who waits for ops of any of some shards.</summary>
internal sealed class OplogWaiter(Predicate<OplogOp> wants)
{
    private readonly TaskCompletionSource _woken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Woken => _woken.Task;

    public bool Wants(OplogOp op) => wants(op);

    public void Wake() => _woken.TrySetResult();
}

/// <summary>The tails of all shards.</summary>
internal sealed class OplogTails(ShardSet shards, OplogHeads heads, SettingsCache settings, TimeProvider clock, ILogger<OplogTails> logger)
{
    private readonly Dictionary<string, OplogTail> _tails =
        shards.All.ToDictionary(shard => shard.Name, shard => new OplogTail(shard, heads[shard.Name], settings, clock, logger), StringComparer.Ordinal);

    public OplogTail this[string shard] => _tails[shard];
}
