using System.Text.Json.Serialization;

namespace Tickets.Chaos.Histories;

[JsonConverter(typeof(JsonStringEnumConverter<EventKind>))]
internal enum EventKind
{
    Invoke,

    /// <summary>Answered: it was done.</summary>
    Ok,

    /// <summary>Answered: it was not done, and never will be.</summary>
    Fail,

    /// <summary>No answer, or one that does not tell: it may have been done, or be done yet.</summary>
    Unknown,
}

/// <summary>One line of a history: an operation begins or ends.</summary>
/// <param name="At">Microseconds since the history began.</param>
/// <param name="Number">Of the operation: its beginning and its end have the same one.</param>
/// <param name="Process">Who did it, one operation at a time; <see cref="Nemesis"/> for faults.</param>
/// <param name="Op">Such as <c>update</c> or <c>kill postgres</c>.</param>
/// <param name="Key">What it was done to: a ticket, an idempotency key, a process.</param>
/// <param name="Value">What was written or read.</param>
/// <param name="Version">What was written or read, where it has versions.</param>
/// <param name="Expected">The version that a conditional update asked for.</param>
/// <param name="Detail">Such as <c>503 outcome_unknown</c>.</param>
internal sealed record HistoryEvent(
    long At, long Number, int Process, EventKind Kind, string Op, string Key, string? Value = null, long? Version = null, long? Expected = null, string? Detail = null)
{
    public const int Nemesis = -1;
}
