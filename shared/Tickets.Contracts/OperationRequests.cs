namespace Tickets.Contracts;

/// <summary>A scan of the cold tier.</summary>
public sealed record ScanColdRequest
{
    /// <summary>As in a search.</summary>
    public required TicketQuery Query { get; init; }

    /// <summary>The first creation day, included; null: the first there is.</summary>
    public DateOnly? From { get; init; }

    /// <summary>The last creation day, included; null: today.</summary>
    public DateOnly? To { get; init; }

    /// <summary>Members of the tickets in the result; null: all. The id always comes.</summary>
    public IReadOnlyList<string>? Projection { get; init; }
}

/// <param name="TicketIds">1 to 1000.</param>
public sealed record EraseTicketsRequest(string Queue, IReadOnlyList<string> TicketIds);

/// <summary>Names the queue that an operation works on: a restore, a rebuild of the cold index.</summary>
public sealed record OnQueueRequest(string Queue);

/// <param name="Shards">Where the queue is to lie; more than one splits it by ticket id.</param>
public sealed record MoveQueueRequest(string Queue, IReadOnlyList<string> Shards);

public sealed record CreateWebhookRequest
{
    /// <summary>An absolute https URL.</summary>
    public required string Url { get; init; }

    /// <summary>Only this queue's ops; null: of every queue that the key reaches.</summary>
    public string? Queue { get; init; }

    /// <summary>Only ops of these kinds; null: all.</summary>
    public IReadOnlyList<string>? Kinds { get; init; }
    public string? Description { get; init; }

    /// <summary>A cursor of the change log to begin at; null: from now on.</summary>
    public string? Cursor { get; init; }

    /// <summary><c>whsec_</c> and 24 to 64 bytes in base64; null: one is made.</summary>
    public string? Secret { get; init; }
}

/// <param name="Status"><c>active</c> or <c>paused</c>.</param>
public sealed record ChangeWebhookRequest(string Status);

/// <param name="Reason">Why the op is not to be published.</param>
public sealed record SkipOpRequest(string Reason);

/// <param name="Cursor">Of the change log.</param>
public sealed record ReplayWebhookRequest(string Cursor);
