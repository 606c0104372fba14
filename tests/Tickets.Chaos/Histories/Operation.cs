namespace Tickets.Chaos.Histories;

/// <summary>A beginning and its end, put together.</summary>
/// <param name="Ended">Microseconds; <see cref="long.MaxValue"/> when its end is not known, because it may still be done at any time.</param>
/// <param name="Answered">When it was answered or given up, whatever came of it; for drawing.</param>
internal sealed record Operation(
    long Number, int Process, string Op, string Key, long Begun, long Ended, long Answered, EventKind Outcome, string? Value, long? Version, long? Expected, string? Detail)
{
    /// <summary>Whether it ended before the other began, so that everybody must see it first.</summary>
    public bool IsBefore(Operation other) => Ended < other.Begun;

    public override string ToString() => $"#{Number} {Op} {Key} {Value} ({Outcome}{(Detail is null ? "" : " " + Detail)})";

    /// <returns>In the order of their beginnings. What never ended is unknown.</returns>
    public static IReadOnlyList<Operation> Of(IEnumerable<HistoryEvent> events)
    {
        var begun = new Dictionary<long, HistoryEvent>();
        var operations = new List<Operation>();
        var last = 0L;
        foreach (var each in events.OrderBy(each => each.At))
        {
            last = each.At;
            if (each.Kind == EventKind.Invoke)
                begun.Add(each.Number, each);
            else if (begun.Remove(each.Number, out var invoke))
                operations.Add(Of(invoke, each, each.At));
            else
                throw new ArgumentException($"Operation {each.Number} ends without having begun.", nameof(events));
        }

        operations.AddRange(begun.Values.Select(invoke => Of(invoke, invoke with { Kind = EventKind.Unknown, At = last, Detail = "never answered" }, last)));
        return [.. operations.OrderBy(operation => operation.Begun)];
    }

    private static Operation Of(HistoryEvent invoke, HistoryEvent end, long answered) => new(
        invoke.Number,
        invoke.Process,
        invoke.Op,
        invoke.Key,
        invoke.At,
        end.Kind == EventKind.Unknown ? long.MaxValue : end.At,
        answered,
        end.Kind,
        end.Value ?? invoke.Value,
        end.Version ?? invoke.Version,
        end.Expected ?? invoke.Expected,
        end.Detail);
}
