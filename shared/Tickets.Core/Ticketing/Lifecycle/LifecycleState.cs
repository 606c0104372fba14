using System.Globalization;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>What a ticket's orchestration carries from step to step: the status it saw last, since when, and what it has done in it.</summary>
/// <param name="EnteredVersion">The ticket's version when it entered the status; names this stay in it.</param>
public sealed record LifecycleState(string Shard, long TicketId, string Status, DateTimeOffset Since, long EnteredVersion)
{
    /// <summary>The number of the last reminder.</summary>
    public int Reminded { get; init; }

    /// <summary>How many of the status's steps are done.</summary>
    public int StepsTaken { get; init; }
    public bool StepsDone { get; init; }
    public bool TimedOut { get; init; }

    /// <summary>The tickets that its steps have made.</summary>
    public IReadOnlyList<long> Children { get; init; } = [];

    public string Stay => string.Create(CultureInfo.InvariantCulture, $"{TicketId}/{EnteredVersion}");

    public LifecycleState Entered(string status, DateTimeOffset since, long version) =>
        this with { Status = status, Since = since, EnteredVersion = version, Reminded = 0, StepsTaken = 0, StepsDone = false, TimedOut = false, Children = [] };
}

/// <summary>What a change of the ticket tells its orchestration.</summary>
/// <param name="Entered">The status that it entered, if it did.</param>
public sealed record TicketTold(long Version, DateTimeOffset At, string? Entered = null, long SettingsRevision = 0)
{
    public const string Event = "told";
}

/// <summary>A ticket as it stands, with the rules of its status; null rules: nothing happens by itself there.</summary>
public sealed record TicketLook(string Queue, string Status, long Version, DateTimeOffset UpdatedAt, bool IsOpen, string? Group, string? AcceptedBy, LifecycleRules? Rules);

/// <summary>The rules of a status, as they were when they were looked at.</summary>
public sealed record LifecycleRules(TimeSpan? Lifetime, TimeSpan? RemindEvery, string? Group, bool HasOnTimeout, bool SendsOn, IReadOnlyList<Contracts.WorkflowStep> Steps, string? ErrorQueue);
