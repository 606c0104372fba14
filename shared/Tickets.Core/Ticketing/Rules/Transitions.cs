using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Workflows;

namespace Tickets.Core.Ticketing.Rules;

/// <summary>What the workflow says of a step (T1, T4).</summary>
internal static class Transitions
{
    /// <summary>Why a ticket may not go from one status to another with this resolution afterwards; null when it may.</summary>
    public static Problem? Refusal(WorkflowRules workflow, string from, string to, string? resolution, bool resolutionChanges)
    {
        var allowed = workflow.Statuses.TryGetValue(from, out var source) ? source.Allowed : [];
        if (!workflow.Statuses.TryGetValue(to, out var target))
            return Problems.TransitionNotAllowed(from, to, allowed, $"The workflow has no status '{to}'.");

        if (from != to)
        {
            var steps = source?.To.Where(step => step.To == to).ToList() ?? [];
            if (steps.Count == 0)
                return Problems.TransitionNotAllowed(from, to, allowed, $"From '{from}' the workflow leads to {List(allowed)}, not to '{to}'.");
            if (!steps.Exists(step => step.Admits(resolution)))
                return Problems.TransitionNotAllowed(from, to, allowed, $"The step from '{from}' to '{to}' is {List(steps.Select(step => step.ToString()))}: {Rule(steps)}.");
        }

        return from != to || resolutionChanges ? RefusalOfResolution(workflow, from, target, resolution, allowed) : null;
    }

    /// <summary>The same for a ticket that comes from another queue: its status must exist here; there is no step to judge.</summary>
    public static Problem? RefusalOfArrival(WorkflowRules workflow, string from, string status, string? resolution) =>
        workflow.Statuses.TryGetValue(status, out var target)
            ? RefusalOfResolution(workflow, from, target, resolution, workflow.Statuses.Keys.ToList())
            : Problems.TransitionNotAllowed(from, status, workflow.Statuses.Keys.ToList(), $"The workflow of the new queue has no status '{status}': set one of {List(workflow.Statuses.Keys)} in the same update.");

    private static Problem? RefusalOfResolution(WorkflowRules workflow, string from, StatusRules target, string? resolution, IReadOnlyList<string> allowed)
    {
        if (resolution is null)
        {
            return target.ResolutionRequired
                ? Problems.TransitionNotAllowed(from, target.Name, allowed, $"Status '{target.Name}' requires one of the resolutions {List(target.Resolutions)}.")
                : null;
        }

        var possible = workflow.ResolutionsIn(target);
        return possible.Contains(resolution)
            ? null
            : Problems.TransitionNotAllowed(from, target.Name, allowed, $"In status '{target.Name}' the resolution may be {List(possible)}, not '{resolution}'.");
    }

    private static string Rule(List<Transition> steps) => steps[0].Rule == ResolutionRule.MustClear
        ? "the resolution must be unset"
        : "that resolution must be set";

    private static string List(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } list ? list : "nothing";
}
