using Tickets.Contracts;
using Tickets.Core.Platform.Json;

namespace Tickets.Core.Workflows;

/// <summary>What happens by itself to a ticket in a status (L2, L3, L4).</summary>
/// <param name="OnTimeout">Where it goes when its lifetime is over.</param>
public sealed record StatusLifecycle(TimeSpan? Lifetime, TimeSpan? RemindEvery, string? Group, Transition? OnTimeout, IReadOnlyList<WorkflowStep> Steps, string? ErrorQueue)
{
    /// <summary>The ticket may be sent on to the normal next status by itself.</summary>
    public bool SendsOn => Steps.Any(step => step.SendOn == true);

    /// <summary>Null when nothing happens by itself.</summary>
    public static StatusLifecycle? Of(WorkflowStatus status)
    {
        if (status.Terminal == true || (status.Lifetime is null && status.RemindEvery is null && status.Steps is not { Count: > 0 }))
            return null;
        return new StatusLifecycle(
            Duration(status.Lifetime), Duration(status.RemindEvery), status.Group, status.OnTimeout is { } target ? Transition.Parse(target) : null, status.Steps ?? [], status.ErrorQueue);
    }

    private static TimeSpan? Duration(string? text) => text is not null && Iso8601Duration.TryParse(text, out var time) ? time : null;
}
