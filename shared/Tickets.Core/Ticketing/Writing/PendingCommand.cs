using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>What was written, or what stood already when the command was a retry.</summary>
/// <param name="Opid">The op of the change; 0 when nothing had to be written.</param>
/// <param name="Shard">The shard whose log has the op.</param>
/// <param name="Departed">The ticket is on its way to another shard and is still to arrive there.</param>
/// <param name="ClaimedFor">No ticket was made: the number is claimed for this shard, the only one that may have made it.</param>
internal sealed record Written(long TicketId, TicketVersions Versions, long Opid, string Shard, MovingTicket? Departed = null, string? ClaimedFor = null)
{
    /// <summary>What a create answers, the first time and every time.</summary>
    public static Written FirstOf(CreateTicket create, string shard) =>
        new(create.TicketId, new TicketVersions(1, create.Meta.ToDictionary(meta => meta.Block, _ => 1L, StringComparer.Ordinal)), 0, shard);
}

/// <summary>A command that waits for its group, and its caller's answer.</summary>
internal sealed class PendingCommand(TicketCommand command, CancellationToken cancel)
{
    private readonly TaskCompletionSource<Result<Written>> _answer = new();

    public TicketCommand Command => command;

    /// <summary>The trace that the change belongs to, for its op; null when nobody records it.</summary>
    public string? TraceParent { get; } = TraceContext.Current;
    public Task<Result<Written>> Answer => _answer.Task;

    /// <summary>Roughly the memory that the command holds, in bytes.</summary>
    public int Size { get; } = 512 + command switch
    {
        CreateTicket create => create.Meta.Sum(meta => meta.Json.Length),
        UpdateTicket update => update.SetMeta.Sum(meta => meta.Json.Length),
        _ => 0,
    };

    /// <summary>True when nobody waits for the answer any more; then nothing is written.</summary>
    public bool IsCancelled => cancel.IsCancellationRequested;

    /// <summary>What the caller does with its answer is done on this thread: see <see cref="Answers"/>.</summary>
    public void Complete(Result<Written> result) => _answer.TrySetResult(result);

    public void Cancel() => ThreadPool.UnsafeQueueUserWorkItem(_ => _answer.TrySetCanceled(cancel), null);
}
