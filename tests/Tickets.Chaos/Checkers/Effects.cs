namespace Tickets.Chaos.Checkers;

/// <summary>A request that was given several times under one nonce or idempotency key.</summary>
/// <param name="Replies">The bodies of its 200s.</param>
internal sealed record Repeated(string Key, IReadOnlyList<string> Replies);

/// <summary>One key, one effect, one answer.</summary>
internal static class Effects
{
    /// <param name="requests">Every request, with at least one 200 in the end.</param>
    /// <param name="effects">The keys of all effects, one entry for each effect.</param>
    /// <param name="equal">Whether two replies say the same.</param>
    public static IReadOnlyList<string> Check(IReadOnlyCollection<Repeated> requests, IEnumerable<string> effects, Func<string, string, bool> equal)
    {
        var faults = new List<string>();
        var counted = effects.CountBy(key => key).ToDictionary();
        foreach (var request in requests)
        {
            var count = counted.GetValueOrDefault(request.Key);
            if (count != 1)
                faults.Add($"{request.Key} has {count} effects");
            if (request.Replies.Count == 0)
                faults.Add($"{request.Key} was never answered with a 200");
            foreach (var other in request.Replies.Skip(1).Where(other => !equal(request.Replies[0], other)))
                faults.Add($"{request.Key} was answered {request.Replies[0]} and {other}");
        }

        var known = requests.Select(request => request.Key).ToHashSet();
        faults.AddRange(counted.Keys.Where(key => !known.Contains(key)).Select(key => $"there is an effect {key}, which nobody asked for"));
        return faults;
    }
}
