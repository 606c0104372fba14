namespace Tickets.Client.Import;

/// <summary>How an import runs.</summary>
public sealed record ImportOptions
{
    /// <summary>How many robots create tickets at once, each waiting for its answer. Default 8.</summary>
    public int Robots { get; init; } = 8;

    /// <summary>File that makes the import resumable; null keeps no state.</summary>
    public string? StateFile { get; init; }

    /// <summary>Called now and then while the import runs (about ten times a second), and once at its end.</summary>
    public Action<ImportProgress>? Progress { get; init; }

    /// <summary>Called for each row that this run made a ticket of, from any robot, with the row's line and the ticket's id.</summary>
    public Action<long, string>? Created { get; init; }

    /// <summary>Called for each row that failed, from any robot.</summary>
    public Action<ImportFailure>? Failed { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>Counts so far.</summary>
/// <param name="Rows">Rows dealt with: the sum of the others.</param>
/// <param name="Created">Tickets created by this run.</param>
/// <param name="Skipped">Rows that an earlier run had created.</param>
/// <param name="Failed">Rows that created no ticket.</param>
public sealed record ImportProgress(long Rows, long Created, long Skipped, long Failed);

/// <summary>A row that created no ticket.</summary>
/// <param name="Line">Where the row begins in its file.</param>
/// <param name="Code">A problem code of the server, or <c>invalid_row</c> when the row could not be read or mapped.</param>
/// <param name="Reason">A sentence.</param>
public sealed record ImportFailure(long Line, string Code, string Reason)
{
    public const string InvalidRow = "invalid_row";
}

/// <summary>How an import ended.</summary>
public sealed record ImportSummary
{
    public required long Rows { get; init; }
    public required long Created { get; init; }
    public required long Skipped { get; init; }
    public required long Failed { get; init; }

    /// <summary>Rows that were sent and whose outcome is unknown; with a state file the next run settles them.</summary>
    public required long Unsettled { get; init; }

    public required TimeSpan Elapsed { get; init; }

    /// <summary>Latency of the creates that succeeded, their repetitions included, in milliseconds, within 2 %.</summary>
    public required double P50Ms { get; init; }

    public required double P99Ms { get; init; }

    /// <summary>The first 100 failures in the order of lines.</summary>
    public required IReadOnlyList<ImportFailure> Failures { get; init; }

    /// <summary>What stopped the import before the last row; null when it went through.</summary>
    public Exception? StoppedBy { get; init; }

    public double CreatedPerSecond => Elapsed > TimeSpan.Zero ? Created / Elapsed.TotalSeconds : 0;
}
