namespace Tickets.Local.Demo;

/// <summary>Something that must hold.</summary>
/// <param name="Faults">Sentences; none when it holds.</param>
internal sealed record Check(string Name, IReadOnlyList<string> Faults)
{
    public bool Holds => Faults.Count == 0;
}

/// <summary>A piece of the work, measured.</summary>
/// <param name="P50Ms">Of single requests; null for work that is not made of requests of its own.</param>
internal sealed record Work(string What, long Count, TimeSpan Took, double? P50Ms = null, double? P99Ms = null)
{
    public double PerSecond => Took > TimeSpan.Zero ? Count / Took.TotalSeconds : 0;
}

/// <summary>What the demo did and what it found.</summary>
/// <param name="StorageRequests">Of each cold lookup.</param>
internal sealed record DemoResult(
    IReadOnlyList<Work> Work, IReadOnlyDictionary<string, int> TicketsByStatus, IReadOnlyList<int> StorageRequests, ColdStorage Cold, IReadOnlyList<Check> Checks)
{
    public bool Holds => Checks.All(check => check.Holds);
}
