using Tickets.Contracts;

namespace Tickets.Core.Workflows;

/// <summary>What a transition says of the resolution (T1).</summary>
public enum ResolutionRule
{
    /// <summary>Nothing.</summary>
    Free,

    /// <summary><c>status+</c> or <c>status+fixed</c>: the ticket must have a (this) resolution afterwards.</summary>
    MustSet,

    /// <summary><c>status-</c>: the ticket must have none afterwards.</summary>
    MustClear,
}

/// <summary>One allowed step; written <c>closed</c>, <c>closed+fixed</c> or <c>open-</c>.</summary>
public sealed record Transition(string To, ResolutionRule Rule, string? Resolution)
{
    public bool Admits(string? resolution) => Rule switch
    {
        ResolutionRule.MustSet => resolution is not null && (Resolution is null || Resolution == resolution),
        ResolutionRule.MustClear => resolution is null,
        _ => true,
    };

    public static Transition Parse(string text)
    {
        if (text.EndsWith('-'))
            return new Transition(text[..^1], ResolutionRule.MustClear, null);
        var plus = text.IndexOf('+', StringComparison.Ordinal);
        return plus < 0
            ? new Transition(text, ResolutionRule.Free, null)
            : new Transition(text[..plus], ResolutionRule.MustSet, plus == text.Length - 1 ? null : text[(plus + 1)..]);
    }

    public override string ToString() => Rule switch
    {
        ResolutionRule.MustSet => $"{To}+{Resolution}",
        ResolutionRule.MustClear => $"{To}-",
        _ => To,
    };
}

/// <summary>Where an indexed field lives: one of five int64 or five string columns.</summary>
public sealed record FieldSlot(string Name, bool IsText, int Slot)
{
    /// <summary>The column of <c>tickets</c>: <c>i1</c> to <c>i5</c>, <c>s1</c> to <c>s5</c>.</summary>
    public string Column => $"{(IsText ? 's' : 'i')}{Slot}";
}

public sealed record StatusRules(string Name, bool Terminal, IReadOnlyList<Transition> To, IReadOnlyList<string> Resolutions, bool ResolutionRequired)
{
    public StatusLifecycle? Lifecycle { get; init; }

    /// <summary>The transitions as the workflow writes them.</summary>
    public IReadOnlyList<string> Allowed { get; } = To.Select(transition => transition.ToString()).ToList();
}

/// <summary>A workflow ready to decide by: a graph of statuses and the slots of its indexed fields (T1).</summary>
public sealed class WorkflowRules
{
    public const int SlotsOfAType = 5;

    public WorkflowRules(Workflow definition)
    {
        Definition = definition;
        Statuses = definition.Statuses.ToDictionary(
            status => status.Key,
            status => new StatusRules(
                status.Key,
                status.Value.Terminal == true,
                (status.Value.To ?? []).Select(Transition.Parse).ToList(),
                status.Value.Resolutions ?? [],
                status.Value.ResolutionRequired == true)
            {
                Lifecycle = StatusLifecycle.Of(status.Value),
            },
            StringComparer.Ordinal);
        HasLifecycle = Statuses.Values.Any(status => status.Lifecycle is not null);
        Initial = Statuses[definition.Initial!];
        Fields = (definition.IndexedFields ?? new Dictionary<string, IndexedField>())
            .ToDictionary(field => field.Key, field => new FieldSlot(field.Key, field.Value.Type == "string", field.Value.Slot), StringComparer.Ordinal);
        Resolutions = Statuses.Values
            .SelectMany(status => status.Resolutions.Concat(status.To.Where(to => to.Resolution is not null).Select(to => to.Resolution!)))
            .Distinct(StringComparer.Ordinal).ToList();
    }

    public Workflow Definition { get; }
    /// <summary>Something happens by itself to its tickets: each has an orchestration.</summary>
    public bool HasLifecycle { get; }
    public StatusRules Initial { get; }
    public IReadOnlyDictionary<string, StatusRules> Statuses { get; }
    public IReadOnlyDictionary<string, FieldSlot> Fields { get; }

    /// <summary>Every resolution that some status or transition names.</summary>
    public IReadOnlyList<string> Resolutions { get; }

    /// <summary>Resolutions a ticket may carry while in <paramref name="status"/>.</summary>
    public IReadOnlyList<string> ResolutionsIn(StatusRules status) => status.Resolutions.Count > 0 ? status.Resolutions : Resolutions;
}
