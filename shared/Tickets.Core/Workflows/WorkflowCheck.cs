using Tickets.Contracts;

namespace Tickets.Core.Workflows;

/// <summary>Finds every fault of a workflow at once: a workflow that cannot work is never stored.</summary>
internal static class WorkflowCheck
{
    public const int MaxStatuses = 200;
    public const int MaxIndexes = 10;

    public static IReadOnlyList<ProblemError> Faults(Workflow workflow)
    {
        var faults = new List<ProblemError>();
        CheckStatuses(workflow, faults);
        CheckFields(workflow, faults);
        CheckIndexes(workflow, faults);
        return faults;
    }

    private static void CheckStatuses(Workflow workflow, List<ProblemError> faults)
    {
        var statuses = workflow.Statuses;
        if (statuses.Count is 0 or > MaxStatuses)
            faults.Add(new ProblemError("/statuses", $"A workflow has 1 to {MaxStatuses} statuses."));
        if (workflow.Initial is null)
            faults.Add(new ProblemError("/initial", "The initial status is required."));
        else if (!statuses.ContainsKey(workflow.Initial))
            faults.Add(new ProblemError("/initial", $"There is no status '{workflow.Initial}'."));

        foreach (var (name, status) in statuses)
        {
            var pointer = $"/statuses/{Escape(name)}";
            if (!Names.IsStatus(name))
                faults.Add(new ProblemError(pointer, $"A status name is {Names.StatusRule}."));
            CheckTargets(statuses, status, pointer, faults);
            CheckResolutions(status, pointer, faults);
            CheckTimes(statuses, status, pointer, faults);
        }

        var doomed = CannotEnd(statuses);
        if (doomed.Count > 0)
            faults.Add(new ProblemError("/statuses", $"No terminal status can be reached from {string.Join(", ", doomed)}."));
    }

    private static void CheckTargets(IReadOnlyDictionary<string, WorkflowStatus> statuses, WorkflowStatus status, string pointer, List<ProblemError> faults)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < (status.To?.Count ?? 0); i++)
        {
            var text = status.To![i];
            var transition = Transition.Parse(text);
            if (!seen.Add(text))
                faults.Add(new ProblemError($"{pointer}/to/{i}", $"'{text}' stands here twice."));
            if (!statuses.TryGetValue(transition.To, out var target))
                faults.Add(new ProblemError($"{pointer}/to/{i}", $"There is no status '{transition.To}'."));
            else if (transition.Resolution is { } resolution && target.Resolutions is { Count: > 0 } allowed && !allowed.Contains(resolution))
                faults.Add(new ProblemError($"{pointer}/to/{i}", $"Status '{transition.To}' does not allow the resolution '{resolution}'."));
            else if (transition.Rule == ResolutionRule.MustClear && target.ResolutionRequired == true)
                faults.Add(new ProblemError($"{pointer}/to/{i}", $"Status '{transition.To}' requires a resolution, so this transition can never be taken."));
            if (transition.Resolution is { } name && !Names.IsStatus(name))
                faults.Add(new ProblemError($"{pointer}/to/{i}", $"A resolution is {Names.StatusRule}."));
        }
    }

    private static void CheckResolutions(WorkflowStatus status, string pointer, List<ProblemError> faults)
    {
        foreach (var resolution in status.Resolutions ?? [])
        {
            if (!Names.IsStatus(resolution))
                faults.Add(new ProblemError($"{pointer}/resolutions", $"'{resolution}': a resolution is {Names.StatusRule}."));
        }

        if (status.ResolutionRequired == true && status.Resolutions is not { Count: > 0 })
            faults.Add(new ProblemError($"{pointer}/resolution_required", "A resolution is required here, but none is listed in resolutions."));
    }

    private static void CheckTimes(IReadOnlyDictionary<string, WorkflowStatus> statuses, WorkflowStatus status, string pointer, List<ProblemError> faults)
    {
        foreach (var (member, text) in new[] { ("lifetime", status.Lifetime), ("remind_every", status.RemindEvery) })
        {
            if (text is not null && Durations.Fault(text) is { } fault)
                faults.Add(new ProblemError($"{pointer}/{member}", fault));
        }

        if (status.OnTimeout is not { } target)
            return;
        string?[] untakable = [OnTimeout.Fault(target, status.To ?? [], name => statuses.GetValueOrDefault(name)), status.Lifetime is null ? "on_timeout needs a lifetime." : null];
        if (string.Join(' ', untakable.OfType<string>()) is { Length: > 0 } told)
            faults.Add(new ProblemError($"{pointer}/on_timeout", told));
    }

    private static List<string> CannotEnd(IReadOnlyDictionary<string, WorkflowStatus> statuses)
    {
        var ends = statuses.Where(status => status.Value.Terminal == true).Select(status => status.Key).ToHashSet(StringComparer.Ordinal);
        bool grown;
        do
        {
            grown = false;
            foreach (var (name, status) in statuses)
            {
                if (!ends.Contains(name) && (status.To ?? []).Any(to => ends.Contains(Transition.Parse(to).To)))
                    grown |= ends.Add(name);
            }
        }
        while (grown);
        return statuses.Keys.Where(name => !ends.Contains(name)).ToList();
    }

    private static void CheckFields(Workflow workflow, List<ProblemError> faults)
    {
        var taken = new Dictionary<(string, int), string>();
        foreach (var (name, field) in workflow.IndexedFields ?? new Dictionary<string, IndexedField>())
        {
            var pointer = $"/indexed_fields/{Escape(name)}";
            if (!Names.IsField(name))
                faults.Add(new ProblemError(pointer, $"A field name is {Names.FieldRule}."));
            if (field.Type is not ("int64" or "string"))
                faults.Add(new ProblemError($"{pointer}/type", "The type is int64 or string."));
            if (field.Slot is < 1 or > WorkflowRules.SlotsOfAType)
                faults.Add(new ProblemError($"{pointer}/slot", $"The slot is 1 to {WorkflowRules.SlotsOfAType}."));
            else if (!taken.TryAdd((field.Type, field.Slot), name))
                faults.Add(new ProblemError($"{pointer}/slot", $"Slot {field.Slot} of type {field.Type} is taken by '{taken[(field.Type, field.Slot)]}'."));
        }
    }

    private static void CheckIndexes(Workflow workflow, List<ProblemError> faults)
    {
        var indexes = workflow.Indexes ?? [];
        if (indexes.Count > MaxIndexes)
            faults.Add(new ProblemError("/indexes", $"A workflow has at most {MaxIndexes} indexes."));
        for (var i = 0; i < indexes.Count; i++)
        {
            if (indexes[i].Count == 0)
                faults.Add(new ProblemError($"/indexes/{i}", "An index names at least one field."));
            if (indexes[i].Distinct(StringComparer.Ordinal).Count() != indexes[i].Count)
                faults.Add(new ProblemError($"/indexes/{i}", "An index names a field once."));
            foreach (var field in indexes[i].Where(field => field is not "status" && workflow.IndexedFields?.ContainsKey(field) != true))
                faults.Add(new ProblemError($"/indexes/{i}", $"There is no indexed field '{field}'."));
        }
    }

    private static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
}
