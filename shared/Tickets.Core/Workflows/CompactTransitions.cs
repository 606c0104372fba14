using System.Text.Json;
using Tickets.Contracts;

namespace Tickets.Core.Workflows;

/// <summary>
/// The compact notation <c>[[1,2],[2,3],[3,4,5]]</c> (L3): first the state, then its normal next one, then the others allowed.
/// A state that leads nowhere is terminal. A table of codes may give the numbers names.
/// </summary>
internal static class CompactTransitions
{
    public static Dictionary<string, WorkflowStatus> Read(JsonElement rows, IReadOnlyDictionary<string, string>? codes, string pointer, List<ProblemError> errors)
    {
        var statuses = new Dictionary<string, WorkflowStatus>(StringComparer.Ordinal);
        var order = new List<string>();
        var number = 0;
        foreach (var row in rows.EnumerateArray())
        {
            var states = row.ValueKind == JsonValueKind.Array ? row.EnumerateArray().Select(Code).ToList() : [];
            if (states.Count == 0 || states.Contains(null))
                errors.Add(new ProblemError($"{pointer}/{number}", "Expected a list of state codes: whole numbers or names."));
            else if (!statuses.TryAdd(Name(states[0]!), new WorkflowStatus { To = states.Skip(1).Select(state => Name(state!)).ToList() }))
                errors.Add(new ProblemError($"{pointer}/{number}", $"State {states[0]} stands first in two lists."));
            else
                order.AddRange(states.Select(state => Name(state!)));
            number++;
        }

        foreach (var name in order)
        {
            if (!statuses.TryGetValue(name, out var status) || status.To is not { Count: > 0 })
                statuses[name] = new WorkflowStatus { Terminal = true };
        }

        return statuses;

        string Name(string code) => codes?.GetValueOrDefault(code) ?? code;
    }

    private static string? Code(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetInt32(out var code) => code.ToString(),
        JsonValueKind.String => value.GetString(),
        _ => null,
    };
}
