using System.Collections.Concurrent;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Client;

/// <summary>Who waits for which orchestration's end. Ends in this process are told at once; others are asked for, all in one query.</summary>
internal sealed class Completions(InstanceReads reads, TimeProvider clock)
{
    private const int MostKept = 4_096;
    private const int MostKeptText = 4_096;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<string, Waiting> _waiting = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, OrchestrationMetadata> _ended = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _order = new();
    private readonly Lock _gate = new();
    private bool _asking;

    public void Tell(OrchestrationMetadata ended)
    {
        // Kept for a while: whoever started it may not have begun to wait.
        if ((ended.SerializedOutput?.Length ?? 0) <= MostKeptText && (ended.SerializedInput?.Length ?? 0) <= MostKeptText)
        {
            _ended[ended.InstanceId] = ended;
            _order.Enqueue(ended.InstanceId);
            while (_order.Count > MostKept && _order.TryDequeue(out var old))
                _ended.TryRemove(old, out _);
        }

        lock (_gate)
        {
            if (_waiting.Remove(ended.InstanceId, out var waiting))
                waiting.Ended.TrySetResult(ended);
        }
    }

    /// <summary>The instance is about to begin anew under its id.</summary>
    public void Forget(string instanceId) => _ended.TryRemove(instanceId, out _);

    public async Task<OrchestrationMetadata> WaitAsync(string instanceId, CancellationToken cancel)
    {
        if (_ended.TryGetValue(instanceId, out var known))
            return known;
        var waiting = Join(instanceId);
        // It may have been told between the two.
        if (_ended.TryGetValue(instanceId, out known))
            waiting.Ended.TrySetResult(known);
        try
        {
            return await waiting.Ended.Task.WaitAsync(cancel);
        }
        finally
        {
            Leave(instanceId, waiting);
        }
    }

    /// <summary>One of those who wait for the instance; whoever leaves last takes the entry along, and nobody joins one that is gone.</summary>
    private Waiting Join(string instanceId)
    {
        lock (_gate)
        {
            if (!_waiting.TryGetValue(instanceId, out var waiting))
                _waiting[instanceId] = waiting = new Waiting();
            waiting.Waiters++;
            if (!_asking)
            {
                _asking = true;
                _ = Task.Run(AskAsync);
            }

            return waiting;
        }
    }

    private void Leave(string instanceId, Waiting waiting)
    {
        lock (_gate)
        {
            if (--waiting.Waiters == 0 && _waiting.TryGetValue(instanceId, out var current) && current == waiting)
                _waiting.Remove(instanceId);
        }
    }

    private async Task AskAsync()
    {
        var pause = FirstPause;
        while (true)
        {
            await Task.Delay(pause, clock, CancellationToken.None);
            string[] asked;
            lock (_gate)
            {
                if (_waiting.Count == 0)
                {
                    _asking = false;
                    return;
                }

                asked = [.. _waiting.Keys];
            }

            try
            {
                // Those told of meanwhile are gone from the list.
                foreach (var ended in await reads.EndedAsync(asked, CancellationToken.None))
                    Tell(ended);
            }
            catch (Exception fault) when (ConnectionLoss.Is(fault) || fault is InvalidOperationException)
            {
                pause = LongestPause;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private sealed class Waiting
    {
        public int Waiters { get; set; }

        public TaskCompletionSource<OrchestrationMetadata> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
