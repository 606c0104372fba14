namespace Tickets.Core.Orchestration.Replay;

/// <summary>A call with its retries, as part of the orchestrator: each attempt and each pause is in the history.</summary>
internal static class Retried
{
    /// <param name="call">Begins an attempt: its number, and the id of the first attempt (0 in the first).</param>
    public static Task<T> CallAsync<T>(TaskOrchestrationContext context, TaskRetryOptions? retry, Func<int, int, Task<T>> call) =>
        retry is null ? call(1, 0) : RepeatAsync(context, retry, call);

    private static async Task<T> RepeatAsync<T>(TaskOrchestrationContext context, TaskRetryOptions retry, Func<int, int, Task<T>> call)
    {
        var first = context.CurrentUtcDateTime;
        var origin = 0;
        for (var attempt = 1; ; attempt++)
        {
            TaskFailedException failed;
            try
            {
                return await call(attempt, origin);
            }
            catch (TaskFailedException fault)
            {
                failed = fault;
            }

            if (attempt == 1)
                origin = failed.TaskId;
            if (!await AgainAsync(context, retry, attempt, context.CurrentUtcDateTime - first, failed.FailureDetails))
                throw failed;
        }
    }

    private static async Task<bool> AgainAsync(TaskOrchestrationContext context, TaskRetryOptions retry, int attempts, TimeSpan sinceFirst, TaskFailureDetails failure)
    {
        if (retry.Handler is { } handler)
            return await handler(new RetryContext(context, attempts, failure, sinceFirst));
        if (retry.Policy!.PauseAfter(attempts, sinceFirst, failure) is not { } pause)
            return false;
        await context.CreateTimer(pause);
        return true;
    }
}
