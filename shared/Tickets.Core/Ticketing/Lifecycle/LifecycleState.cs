using System.Globalization;
using System.Text.Json.Serialization;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>
/// What a ticket's orchestration carries from step to step: the status it saw last, since when, and what it has done in it. It is the orchestration's custom
/// status, so that whoever begins it anew (the sweep, a move) goes on from it. What has its default value is not written: most tickets record little.
/// </summary>
/// <param name="EnteredVersion">The ticket's version when it entered the status; names this stay in it.</param>
public sealed record LifecycleState(string Shard, long TicketId, string Status, DateTimeOffset Since, long EnteredVersion)
{
    /// <summary>The id of the workflow that the status is of; null in what was recorded before it was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Workflow { get; init; }

    /// <summary>The shard that keeps the numbers of tickets made for this one, wherever it has gone since; null: this one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Home { get; init; }

    /// <summary>It has just come from another shard by itself: what it did there is still to be asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Arrived { get; init; }

    /// <summary>The number of the last reminder.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Reminded { get; init; }

    /// <summary>When the last reminder was due; null before the first.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? RemindedAt { get; init; }

    /// <summary>The number of the last message of this stay that was stored for a group, 0 for the wish for acceptance; null when there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int? Messaged { get; init; }

    /// <summary>How many of the status's steps are done.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int StepsTaken { get; init; }

    /// <summary>When the step under way began.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? StepSince { get; init; }

    /// <summary>When it is tried, or looked at, again; null: now.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? StepDue { get; init; }

    /// <summary>How often it was tried or looked at.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int StepTries { get; init; }

    /// <summary>Since when every try of it has failed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>Why the steps cannot go on; what is left to do is the ticket about it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? Stuck { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool StepsDone { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool TimedOut { get; init; }

    /// <summary>The tickets that its steps have made.</summary>
    public IReadOnlyList<long> Children { get; init; } = [];

    [JsonIgnore]
    public string Stay => string.Create(CultureInfo.InvariantCulture, $"{TicketId}/{EnteredVersion}");

    public LifecycleState Entered(string status, DateTimeOffset since, long version, string? workflow, bool asked = false) =>
        new(Shard, TicketId, status, since, version) { Workflow = workflow, Home = Home, Messaged = asked ? 0 : null };

    /// <summary>As it goes on on another shard; messages stay where they were written.</summary>
    public LifecycleState On(string shard) => this with { Shard = shard, Home = Home ?? Shard, Arrived = false, Messaged = null };
}

/// <summary>What a change of the ticket tells its orchestration.</summary>
/// <param name="Entered">The status that it entered, if it did.</param>
/// <param name="Asked">Its group was asked to accept it there.</param>
/// <param name="StepEnded">What the step under way waits for has come to an end; nothing of the ticket has changed.</param>
public sealed record TicketTold(long Version, DateTimeOffset At, string? Entered = null, long SettingsRevision = 0, bool Asked = false, bool StepEnded = false, string? Workflow = null)
{
    public const string Event = "told";
}

/// <summary>A ticket as it stands, with the rules of its status; null rules: nothing happens by itself there.</summary>
public sealed record TicketLook(string Queue, string Status, long Version, DateTimeOffset UpdatedAt, bool IsOpen, string? Group, string? AcceptedBy, LifecycleRules? Rules, string? Workflow = null);

/// <summary>The rules of a status, as they were when they were looked at.</summary>
public sealed record LifecycleRules(TimeSpan? Lifetime, TimeSpan? RemindEvery, string? Group, bool HasOnTimeout, bool SendsOn, IReadOnlyList<Contracts.WorkflowStep> Steps, string? ErrorQueue)
{
    public static readonly LifecycleRules None = new(null, null, null, false, false, [], null);

    internal static LifecycleRules Of(Workflows.StatusLifecycle? status) => status is null
        ? None
        : new(status.Lifetime, status.RemindEvery, status.Group, status.OnTimeout is not null, status.SendsOn, status.Steps, status.ErrorQueue);
}
