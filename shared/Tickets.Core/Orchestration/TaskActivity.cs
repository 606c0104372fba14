namespace Tickets.Core.Orchestration;

/// <summary>A piece of work with effects outside. Runs at least once; what it answers is recorded once.</summary>
public interface ITaskActivity
{
    Type InputType { get; }
    Type OutputType { get; }
    Task<object?> RunAsync(TaskActivityContext context, object? input);
}

/// <inheritdoc cref="ITaskActivity"/>
public abstract class TaskActivity<TInput, TOutput> : ITaskActivity
{
    public Type InputType => typeof(TInput);
    public Type OutputType => typeof(TOutput);

    public abstract Task<TOutput> RunAsync(TaskActivityContext context, TInput input);

    async Task<object?> ITaskActivity.RunAsync(TaskActivityContext context, object? input) => await RunAsync(context, (TInput)input!);
}

/// <summary>What an activity may know of the call it serves.</summary>
/// <param name="Key">Names this call and stays the same over repetitions and retries: give it to what the activity changes outside, so that doing it twice has one effect.</param>
/// <param name="Attempt">1 for the first attempt, then counting the retries of the call's policy.</param>
/// <param name="Cancellation">Fires when the orchestration is terminated or gone, the call's timeout has passed, this worker has lost its lease or is asked to stop. The answer is not waited for then.</param>
public sealed record TaskActivityContext(TaskName Name, string InstanceId, string Version, string Key, int Attempt, CancellationToken Cancellation);
