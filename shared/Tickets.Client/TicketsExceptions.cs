using System.Globalization;
using System.Text;
using Tickets.Contracts;

namespace Tickets.Client;

/// <summary>A call that did not succeed.</summary>
public abstract class TicketsException(string message, Exception? inner) : Exception(message, inner);

/// <summary>The service refused the request or failed to do it, and said so.</summary>
public sealed class TicketsProblemException : TicketsException
{
    /// <summary>The <c>code</c> of <see cref="Problem"/> when the answer was not a problem document: something in between answered.</summary>
    public const string ForeignAnswer = "foreign_answer";

    internal TicketsProblemException(TicketsResponse response, Exception? inner = null)
        : this(response, response.ReadProblem() ?? Foreign(response), inner)
    {
    }

    private TicketsProblemException(TicketsResponse response, Problem problem, Exception? inner)
        : base(Describe(response.Status, problem), inner) => (Status, Problem) = (response.Status, problem);

    /// <summary>The HTTP status.</summary>
    public int Status { get; }

    public Problem Problem { get; }

    /// <summary>One of <see cref="ProblemCodes"/>, or <see cref="ForeignAnswer"/>.</summary>
    public string Code => Problem.Code;

    private static Problem Foreign(TicketsResponse response) => new()
    {
        Title = "The answer did not come from Tickets.",
        Status = response.Status,
        Code = ForeignAnswer,
        Detail = Encoding.UTF8.GetString(response.Body.Span[..Math.Min(200, response.Body.Length)]).Trim(),
        TraceId = response.TraceId,
    };

    private static string Describe(int status, Problem problem)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{status} {problem.Code}: {problem.Title}");
        if (!string.IsNullOrEmpty(problem.Detail)) text.Append(problem.Title.EndsWith('.') ? " " : ": ").Append(problem.Detail);
        foreach (var error in problem.Errors ?? []) text.Append(CultureInfo.InvariantCulture, $" [{error.Pointer}: {error.Message}]");
        foreach (var unmet in problem.Unmet ?? [])
            text.Append(CultureInfo.InvariantCulture, $" [{unmet.Condition}: expected {unmet.Expected.GetRawText()}, is {unmet.Actual.GetRawText()}]");
        if (problem.TraceId is not null) text.Append(CultureInfo.InvariantCulture, $" (trace {problem.TraceId})");
        return text.ToString();
    }
}

/// <summary>A long operation failed or was cancelled.</summary>
public sealed class TicketsOperationException : TicketsException
{
    internal TicketsOperationException(Operation operation)
        : base(operation.Error is { } error ? $"The operation {operation.Id} {operation.Status}: {error.Code}: {error.Detail}" : $"The operation {operation.Id} was {operation.Status}.", null) =>
        Operation = operation;

    /// <summary>As it ended, with its <see cref="Contracts.Operation.Error"/>.</summary>
    public Operation Operation { get; }
}

/// <summary>No answer came in time: the service cannot be reached, or a connection broke and the request was not safe to repeat.</summary>
public sealed class TicketsUnreachableException : TicketsException
{
    internal TicketsUnreachableException(Uri address, int attempts, bool mayHaveBeenDone, Exception inner)
        : base(Describe(address, attempts, mayHaveBeenDone, inner), inner) =>
        (Address, Attempts, MayHaveBeenDone) = (address, attempts, mayHaveBeenDone);

    public Uri Address { get; }

    public int Attempts { get; }

    /// <summary>True when a request was sent and its answer lost: the server may or may not have done it.</summary>
    public bool MayHaveBeenDone { get; }

    private static string Describe(Uri address, int attempts, bool mayHaveBeenDone, Exception inner)
    {
        var tries = attempts == 1 ? "1 attempt" : $"{attempts} attempts";
        var doubt = mayHaveBeenDone ? " The request may have been done." : "";
        return $"No answer from {address.GetLeftPart(UriPartial.Authority)} after {tries}: {inner.Message}{doubt}";
    }
}
