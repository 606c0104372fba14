namespace Tickets.Contracts;

/// <summary>Searches that gave the same fields.</summary>
/// <param name="RowsReadPerRowReturned">From samples; null when none was taken. 1 is the best an index can do.</param>
public sealed record SearchShape(IReadOnlyList<string> Fields, bool Served, long Searches, long RowsReturned, double MeanMs, double? RowsReadPerRowReturned, DateTimeOffset LastAt);

/// <param name="Scans">Since the database's statistics began.</param>
public sealed record IndexStatistics(string Name, string Shard, IReadOnlyList<string> Columns, long Scans, long SizeBytes);

/// <summary>How well a queue's indexes serve its searches (T15).</summary>
public sealed record QueueIndexUsage(string Queue, IReadOnlyList<SearchShape> Searches, IReadOnlyList<IndexStatistics> Indexes);

/// <summary>What a sweep over the tickets' orchestrations found.</summary>
/// <param name="Repaired">Tickets that lacked their orchestration, its due time or a message; zero when nothing is wrong.</param>
/// <param name="Adopted">Tickets whose workflow has come to need an orchestration, whose queue has come here from another shard, or that an earlier version looked after.</param>
/// <param name="Told">Orchestrations that were told of changed settings.</param>
/// <param name="Overdue">Due for more than five minutes and taken up by nobody.</param>
/// <param name="Parked">Set aside by a fault.</param>
public sealed record SweepReport(int Repaired, int Adopted, int Told, long Overdue, long Parked)
{
    public static SweepReport operator +(SweepReport one, SweepReport other) =>
        new(one.Repaired + other.Repaired, one.Adopted + other.Adopted, one.Told + other.Told, one.Overdue + other.Overdue, one.Parked + other.Parked);
}
