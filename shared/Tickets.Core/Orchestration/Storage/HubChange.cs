using Tickets.Core.Orchestration.History;

namespace Tickets.Core.Orchestration.Storage;

/// <summary>Something that is to be written, and its caller's answer. Changes that wait together are committed together.</summary>
internal abstract class HubChange
{
    private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it took effect.</summary>
    /// <exception cref="OutcomeUnknownException">Nobody knows.</exception>
    public Task<bool> Done => _done.Task;

    public bool TookEffect { get; set; }

    public void Complete() => _done.TrySetResult(TookEffect);
    public void Fail(Exception fault) => _done.TrySetException(fault);
}

/// <summary>The end of an orchestration.</summary>
internal sealed record Ending(OrchestrationRuntimeStatus Status, string? Output, TaskFailureDetails? Failure);

/// <summary>The next execution of an orchestration that begins anew.</summary>
internal sealed record NextExecution(string? Input, string Version, IReadOnlyList<HistoryEvent> Carried);

/// <summary>An activity for the table.</summary>
/// <param name="Held">Whoever runs it already; null: it is for whoever takes it.</param>
internal sealed record QueuedActivity(ActivityCall Call, HeldBy? Held = null);

internal sealed record HeldBy(long Token, string Worker, DateTimeOffset Until);

/// <summary>All that one or more steps of an instance did, written whole or not at all. Takes effect only while the lease is held.</summary>
internal sealed class StepCommit : HubChange
{
    public required Lease Lease { get; init; }
    public required int Execution { get; init; }

    /// <summary>How many steps were recorded before.</summary>
    public required int StepsBefore { get; init; }
    public required IReadOnlyList<HistoryStep> Steps { get; init; }

    /// <summary>Messages of the inbox that came into these steps.</summary>
    public IReadOnlyList<long> Consumed { get; init; } = [];

    /// <summary>The worker keeps the instance, for activities that it runs itself.</summary>
    public bool Hold { get; init; }

    /// <summary>When it is to be looked at again if nothing comes in; null: never.</summary>
    public DateTimeOffset? NextDue { get; init; }

    /// <summary>As JSON; only where it changed.</summary>
    public string? CustomStatus { get; init; }
    public bool CustomStatusChanged { get; init; }
    public IReadOnlyList<QueuedActivity> QueuedActivities { get; init; } = [];
    public IReadOnlyList<OrchestrationStart> Children { get; init; } = [];
    public IReadOnlyList<OrchestrationMessage> Messages { get; init; } = [];
    public Ending? Ended { get; init; }
    public NextExecution? Next { get; init; }

    /// <summary>The orchestration as it ended, for those who wait for it in this process.</summary>
    public Client.OrchestrationMetadata? Final { get; init; }

    /// <summary>Messages in the inbox after the commit.</summary>
    public int Pending { get; set; }
    public bool IsStalled { get; set; }
}

internal sealed class StartChange(OrchestrationStart start) : HubChange
{
    public OrchestrationStart Start => start;
}

internal sealed class MessageChange(OrchestrationMessage message) : HubChange
{
    public OrchestrationMessage Message => message;
}

/// <summary>The outcome of a queued activity. Takes effect only while its lease is held.</summary>
internal sealed class ActivityCommit(ClaimedActivity activity, HistoryEvent outcome) : HubChange
{
    public ClaimedActivity Activity => activity;
    public HistoryEvent Outcome => outcome;
}
