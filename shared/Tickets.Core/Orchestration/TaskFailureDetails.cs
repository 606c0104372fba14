namespace Tickets.Core.Orchestration;

/// <summary>A failure as it is recorded: exceptions do not outlive their process.</summary>
public sealed record TaskFailureDetails(string ErrorType, string ErrorMessage, string? StackTrace = null, TaskFailureDetails? InnerFailure = null)
{
    private const int MaxStackTrace = 8_192;
    private const int MaxDepth = 8;

    public bool IsCausedBy<T>()
        where T : Exception => IsCausedBy(typeof(T));

    /// <summary>Whether the exception was of this type or of one derived from it.</summary>
    public bool IsCausedBy(Type type)
    {
        if (ErrorType == type.FullName)
            return true;
        var thrown = Type.GetType(ErrorType) ?? AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetType(ErrorType)).FirstOrDefault(found => found is not null);
        return thrown is not null && type.IsAssignableFrom(thrown);
    }

    public static TaskFailureDetails FromException(Exception fault) => From(fault, 1);

    public override string ToString() => $"{ErrorType}: {ErrorMessage}";

    private static TaskFailureDetails From(Exception fault, int depth)
    {
        var trace = fault.StackTrace is { Length: > MaxStackTrace } text ? text[..MaxStackTrace] : fault.StackTrace;
        // A failed call is told by what failed in it, not by the exception that carried it here.
        if (fault is TaskFailedException failed)
            return new TaskFailureDetails(typeof(TaskFailedException).FullName!, failed.Message, trace, failed.FailureDetails);
        return new TaskFailureDetails(
            fault.GetType().FullName ?? fault.GetType().Name,
            fault.Message,
            trace,
            fault.InnerException is { } inner && depth < MaxDepth ? From(inner, depth + 1) : null);
    }
}

/// <summary>An activity or a sub-orchestration has failed, after the last of its retries.</summary>
public sealed class TaskFailedException(string taskName, int taskId, TaskFailureDetails details)
    : Exception($"Task '{taskName}' (#{taskId}) failed: {details.ErrorMessage}")
{
    public string TaskName { get; } = taskName;
    public int TaskId { get; } = taskId;
    public TaskFailureDetails FailureDetails { get; } = details;
}
