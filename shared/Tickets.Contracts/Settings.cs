namespace Tickets.Contracts;

public sealed record WorkflowStatus
{
    /// <summary>The first entry is the normal next status; <c>"closed+fixed"</c> must set that resolution, <c>"open-"</c> must clear it.</summary>
    public IReadOnlyList<string>? To { get; init; }
    public bool? Terminal { get; init; }
    public IReadOnlyList<string>? Resolutions { get; init; }
    public bool? ResolutionRequired { get; init; }

    /// <summary>ISO 8601 duration.</summary>
    public string? Lifetime { get; init; }

    /// <summary>ISO 8601 duration.</summary>
    public string? RemindEvery { get; init; }
    public string? Group { get; init; }
    public string? OnTimeout { get; init; }

    /// <summary>What is done, one after the other, when a ticket enters the status.</summary>
    public IReadOnlyList<WorkflowStep>? Steps { get; init; }

    /// <summary>Where tickets are made about tickets that can go nowhere; the ticket's own queue unless given.</summary>
    public string? ErrorQueue { get; init; }
    public string? Description { get; init; }
}

/// <summary>One step; exactly one member is given.</summary>
public sealed record WorkflowStep
{
    /// <summary>Tells a bot at this address and waits for its 2xx.</summary>
    public string? Webhook { get; init; }

    /// <summary>Makes a child ticket.</summary>
    public ChildTicket? Create { get; init; }

    /// <summary>Waits so long; ISO 8601 duration.</summary>
    public string? Wait { get; init; }

    /// <summary>Waits until then.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Waits until these tickets have closed: <c>children</c>, those that the steps before have made, or a ticket's id.</summary>
    public string? UntilClosed { get; init; }

    /// <summary>Sends the ticket on to the normal next status.</summary>
    public bool? SendOn { get; init; }
}

/// <param name="Meta">Blocks of the new ticket, by name.</param>
public sealed record ChildTicket(string Queue, string? Group = null, IReadOnlyDictionary<string, System.Text.Json.JsonElement>? Meta = null);

/// <summary><paramref name="Type"/> is <c>int64</c> or <c>string</c>; <paramref name="Slot"/> is 1 to 5 within its type.</summary>
public sealed record IndexedField(string Type, int Slot);

public sealed record Workflow
{
    public required string WorkflowId { get; init; }
    public string? Initial { get; init; }
    public required IReadOnlyDictionary<string, WorkflowStatus> Statuses { get; init; }
    public IReadOnlyDictionary<string, IndexedField>? IndexedFields { get; init; }

    /// <summary>Field lists; each becomes an index of the queues that use the workflow.</summary>
    public IReadOnlyList<IReadOnlyList<string>>? Indexes { get; init; }
    public string? Description { get; init; }
    public long? Revision { get; init; }
}

public sealed record Queue
{
    /// <summary>A path such as <c>hiring/www/leads</c>. Named <c>queue</c> on the wire.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("queue")]
    public required string Name { get; init; }
    public required string WorkflowId { get; init; }

    /// <summary>How long a closed ticket stays in the hot tier; ISO 8601 duration.</summary>
    public string? HotRetention { get; init; }

    /// <summary>What becomes of it then: <c>archive</c> (the default) or <c>delete</c>.</summary>
    public string? AfterHotRetention { get; init; }

    /// <summary>How long it is kept in the cold tier, counted from when it left the hot one; ISO 8601 duration. For ever when left out.</summary>
    public string? ColdRetention { get; init; }

    /// <summary>More than one: the queue is split by ticket id.</summary>
    public IReadOnlyList<string>? Shards { get; init; }
    public string? Description { get; init; }

    /// <summary>Set by the server while the queue is on its way to other shards; it is served all the while.</summary>
    public QueueMove? Moving { get; init; }
    public long? Revision { get; init; }
}

/// <param name="Id">The operation that moves the queue.</param>
/// <param name="Phase"><c>copying</c>, <c>switching</c> (writes wait a moment), <c>clearing</c> (served from <paramref name="To"/>), <c>canceling</c>.</param>
/// <param name="Since">When the phase began.</param>
public sealed record QueueMove(string Id, IReadOnlyList<string> From, IReadOnlyList<string> To, string Phase, DateTimeOffset Since)
{
    public const string Copying = "copying";
    public const string Switching = "switching";
    public const string Clearing = "clearing";
    public const string Canceling = "canceling";
}

public sealed record WorkflowList(IReadOnlyList<Workflow> Workflows);
public sealed record QueueList(IReadOnlyList<Queue> Queues);
