using System.Threading.Channels;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>
/// The bounded waiting room of a shard's writer. Groups are taken round-robin over the queues, so that a flood on one queue fills its
/// own share and no more (T7).
/// </summary>
/// <param name="maxCommandsOfAQueue">Its share; of the bytes a queue has the same.</param>
internal sealed class PendingCommands(int maxCommands, int maxCommandsOfAQueue, long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly long _maxBytesOfAQueue = (long)((double)maxBytes / maxCommands * maxCommandsOfAQueue);
    private readonly Dictionary<int, Room> _byQueue = [];
    private readonly Queue<int> _turns = new();
    private readonly Channel<bool> _arrivals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private int _count;
    private long _bytes;
    private bool _closed;

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
        while (true)
        {
            var group = TakeWaiting(most, mostBytes);
            if (group.Count > 0)
                return group;
            if (!await _arrivals.Reader.WaitToReadAsync())
                return TakeWaiting(most, mostBytes);
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
            while (group.Count < most && mostBytes > 0 && _turns.TryDequeue(out var queueId))
            {
                var waiting = _byQueue[queueId];
                var pending = waiting.Commands.Dequeue();
                waiting.Bytes -= pending.Size;
                if (waiting.Commands.Count > 0)
                    _turns.Enqueue(queueId);
                else
                    _byQueue.Remove(queueId);
                _count--;
                _bytes -= pending.Size;
                mostBytes -= pending.Size;
                if (pending.IsCancelled)
                    pending.Cancel();
                else
                    group.Add(pending);
            }
        }

        return group;
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
