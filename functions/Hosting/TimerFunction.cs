namespace Tickets.Functions.Hosting;

/// <param name="services">The app's singletons.</param>
/// <param name="timer">Why and when this run happens, and its log.</param>
/// <param name="cancellation">Fires when the app stops. The host may also kill the process at any moment.</param>
internal delegate Task TimerHandler(IServiceProvider services, TimerRun timer, CancellationToken cancellation);

internal sealed record TimerFunction(string Name, TimerSchedule Schedule, TimerHandler Run)
{
    /// <summary>The trigger's name in <c>function.json</c>, and so of its value in the host's envelope.</summary>
    public const string Binding = "timer";
}

/// <summary>One run of a timer.</summary>
/// <param name="IsPastDue">It runs later than the schedule said.</param>
internal sealed record TimerRun(bool IsPastDue)
{
    /// <summary>Lines that belong to this run; the host shows them with its invocation.</summary>
    public InvocationLog Log { get; } = new();
}
