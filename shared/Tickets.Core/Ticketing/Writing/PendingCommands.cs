using System.Threading.Channels;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>
/// The bounded waiting room of a shard's writer. Groups are taken round-robin over the queues, so that a flood on one queue fills its
/// own share and no more (T7).
/// </summary>
/// <param name="maxCommandsOfAQueue">Its share; of the bytes a queue has the same.</param>
internal sealed class PendingCommands(int maxCommands, int maxCommandsOfAQueue, long maxBytes, TimeProvider clock)
{
    /// <summary>
    /// While several queues are at work none has more of a group. A full group of one queue is a long commit, and then as many answers and new
    /// requests at once, which everybody else's request would have to wait for.
    /// </summary>
    public const int MostOfAQueueBesideOthers = 32;

    private static readonly TimeSpan Company = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly long _maxBytesOfAQueue = (long)((double)maxBytes / maxCommands * maxCommandsOfAQueue);
    private readonly Dictionary<int, Room> _byQueue = [];
    private readonly Queue<int> _turns = new();
    private readonly Channel<bool> _arrivals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private int _count;
    private long _bytes;
    private bool _closed;
    private int? _newestQueue;
    private long? _mixedAt;

    public int Count => Volatile.Read(ref _count);

    public Admission TryAdd(PendingCommand pending)
    {
        lock (_gate)
        {
            if (_closed)
                return Admission.Closed;
            if (_count >= maxCommands || _bytes >= maxBytes)
                return Admission.Full;

            var queueId = pending.Command.Queue.QueueId;
            if (!_byQueue.TryGetValue(queueId, out var waiting))
                _byQueue[queueId] = waiting = new Room();
            if (waiting.Commands.Count >= maxCommandsOfAQueue || waiting.Bytes >= _maxBytesOfAQueue)
                return Admission.QueueFull;
            if (queueId != _newestQueue)
                (_newestQueue, _mixedAt) = (queueId, _newestQueue is null ? null : clock.GetTimestamp());
            if (waiting.Commands.Count == 0)
                _turns.Enqueue(queueId);
            waiting.Commands.Enqueue(pending);
            waiting.Bytes += pending.Size;
            _count++;
            _bytes += pending.Size;
        }

        _arrivals.Writer.TryWrite(true);
        return Admission.Taken;
    }

    /// <summary>Takes what waits, at most so much; waits for the first arrival. An empty group means closed and drained.</summary>
    public async ValueTask<List<PendingCommand>> TakeAsync(int most, long mostBytes)
    {
        for (var open = true; ;)
        {
            var group = TakeWaiting(most, mostBytes);
            if (group.Count > 0 || (!open && Count == 0))
                return group;
            // Else nobody waits any more for those that were taken, and there are others.
            if (Count == 0)
                open = await _arrivals.Reader.WaitToReadAsync();
            _arrivals.Reader.TryRead(out _);
        }
    }

    /// <summary>Refuses further commands; those that wait are still taken.</summary>
    public void Close()
    {
        lock (_gate)
            _closed = true;
        _arrivals.Writer.TryComplete();
    }

    private List<PendingCommand> TakeWaiting(int most, long mostBytes)
    {
        var group = new List<PendingCommand>();
        lock (_gate)
        {
            var rounds = _mixedAt is { } at && clock.GetElapsedTime(at) < Company ? MostOfAQueueBesideOthers : most;
            for (; rounds > 0 && _turns.Count > 0 && group.Count < most && mostBytes > 0; rounds--)
            {
                for (var turns = _turns.Count; turns > 0 && group.Count < most && mostBytes > 0; turns--)
                {
                    var pending = TakeNext();
                    mostBytes -= pending.Size;
                    if (pending.IsCancelled)
                        pending.Cancel();
                    else
                        group.Add(pending);
                }
            }
        }

        return group;
    }

    /// <summary>The first of the queue whose turn it is.</summary>
    private PendingCommand TakeNext()
    {
        var queueId = _turns.Dequeue();
        var waiting = _byQueue[queueId];
        var pending = waiting.Commands.Dequeue();
        waiting.Bytes -= pending.Size;
        if (waiting.Commands.Count > 0)
            _turns.Enqueue(queueId);
        else
            _byQueue.Remove(queueId);
        _count--;
        _bytes -= pending.Size;
        return pending;
    }

    /// <summary>What waits of one queue.</summary>
    private sealed class Room
    {
        public Queue<PendingCommand> Commands { get; } = new();
        public long Bytes { get; set; }
    }
}

internal enum Admission
{
    Taken,
    QueueFull,
    Full,
    Closed,
}
