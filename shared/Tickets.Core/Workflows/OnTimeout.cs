namespace Tickets.Core.Workflows;

/// <summary>What a status's <c>on_timeout</c> asks for, among the steps that the workflow allows from there. Pure.</summary>
internal static class OnTimeout
{
    /// <summary>
    /// The step to take: <c>closed+dup</c> is taken with that resolution, through <c>closed</c>, <c>closed+</c> or <c>closed+dup</c>; <c>closed</c> takes the first
    /// step there is to that status, as it is written.
    /// </summary>
    /// <returns>Null when no step allows it.</returns>
    public static Transition? Taken(Transition wanted, IReadOnlyList<Transition> to)
    {
        var there = to.Where(step => step.To == wanted.To).ToList();
        return wanted switch
        {
            { Resolution: { } resolution } => there.Exists(step => step.Admits(resolution)) ? wanted : null,
            { Rule: ResolutionRule.MustSet } => there.Find(step => step.Resolution is not null),
            { Rule: ResolutionRule.MustClear } => there.Exists(step => step.Admits(null)) ? wanted : null,
            _ => there.FirstOrDefault(),
        };
    }

    /// <returns>Null when it can be taken.</returns>
    public static string? Fault(string text, IReadOnlyList<string> to, Func<string, Contracts.WorkflowStatus?> statusOf)
    {
        var wanted = Transition.Parse(text);
        if (statusOf(wanted.To) is not { } target)
            return $"There is no status '{wanted.To}'.";
        var steps = to.Select(Transition.Parse).ToList();
        if (!steps.Exists(step => step.To == wanted.To))
            return $"'{wanted.To}' is not among the steps in to ({(to.Count == 0 ? "there are none" : string.Join(", ", to))}), so it can never be taken.";
        if (Taken(wanted, steps) is null)
            return wanted is { Rule: ResolutionRule.MustSet, Resolution: null }
                ? $"'{text}' names no resolution, and no step in to does."
                : $"'{text}' is allowed by no step in to ({string.Join(", ", to)}).";
        if (wanted.Resolution is { } resolution && target.Resolutions is { Count: > 0 } allowed && !allowed.Contains(resolution))
            return $"Status '{wanted.To}' does not allow the resolution '{resolution}'.";
        return wanted.Rule == ResolutionRule.MustClear && target.ResolutionRequired == true
            ? $"Status '{wanted.To}' requires a resolution, so '{text}' can never be taken."
            : null;
    }
}
