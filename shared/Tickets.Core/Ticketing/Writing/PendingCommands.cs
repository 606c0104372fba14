using System.Threading.Channels;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>
/// The bounded waiting room of a shard's writer. Groups are taken round-robin over the queues, so that a flood on one queue fills its
/// own share and no more (T7).
/// </summary>
internal sealed class PendingCommands(int maxCommands, int maxCommandsOfAQueue, long maxBytes)
{
    private readonly Lock gate = new();
    private readonly Dictionary<int, Queue<PendingCommand>> byQueue = [];
    private readonly Queue<int> turns = new();
    private readonly Channel<bool> arrivals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private int count;
    private long bytes;
    private bool closed;

    public int Count => Volatile.Read(ref count);

    public Admission TryAdd(PendingCommand pending)
    {
        lock (gate)
        {
            if (closed)
                return Admission.Closed;
            if (count >= maxCommands || bytes >= maxBytes)
                return Admission.Full;

            var queueId = pending.Command.Queue.QueueId;
            if (!byQueue.TryGetValue(queueId, out var waiting))
                byQueue[queueId] = waiting = new Queue<PendingCommand>();
            if (waiting.Count >= maxCommandsOfAQueue)
                return Admission.QueueFull;
            if (waiting.Count == 0)
                turns.Enqueue(queueId);
            waiting.Enqueue(pending);
            count++;
            bytes += pending.Size;
        }

        arrivals.Writer.TryWrite(true);
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
            if (!await arrivals.Reader.WaitToReadAsync())
                return TakeWaiting(most, mostBytes);
            arrivals.Reader.TryRead(out _);
        }
    }

    /// <summary>Refuses further commands; those that wait are still taken.</summary>
    public void Close()
    {
        lock (gate)
            closed = true;
        arrivals.Writer.TryComplete();
    }

    private List<PendingCommand> TakeWaiting(int most, long mostBytes)
    {
        var group = new List<PendingCommand>();
        lock (gate)
        {
            while (group.Count < most && mostBytes > 0 && turns.TryDequeue(out var queueId))
            {
                var waiting = byQueue[queueId];
                var pending = waiting.Dequeue();
                if (waiting.Count > 0)
                    turns.Enqueue(queueId);
                else
                    byQueue.Remove(queueId);
                count--;
                bytes -= pending.Size;
                mostBytes -= pending.Size;
                if (pending.IsCancelled)
                    pending.Cancel();
                else
                    group.Add(pending);
            }
        }

        return group;
    }
}

internal enum Admission
{
    Taken,
    QueueFull,
    Full,
    Closed,
}
