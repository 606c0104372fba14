using Tickets.Core.Platform.ServiceBus;

namespace Tickets.Core.Oplog.Relay;

/// <summary>What a refusal means to the relay.</summary>
/// <param name="Name">Of its kind, fit for anybody's eyes.</param>
/// <param name="IsOfContent">The messages are the trouble: fewer of them, or less of them, may be taken.</param>
/// <param name="IsTransient">It will pass by itself, soon.</param>
/// <param name="Least">Not to be tried again sooner, as the service says.</param>
/// <param name="IsThrottled">The service has too much to do.</param>
internal sealed record RelayRefusal(string Name, bool IsOfContent, bool IsTransient, TimeSpan Least, bool IsThrottled = false)
{
    public static RelayRefusal Of(Exception fault) => fault switch
    {
        UnauthorizedAccessException => new("access denied", false, false, TimeSpan.Zero),
        ServiceBusException { Reason: ServiceBusFailureReason.MessageSizeExceeded } => new("message too large", true, false, TimeSpan.Zero),
        ServiceBusException { Status: 400 } => new("message refused", true, false, TimeSpan.Zero),
        ServiceBusException { Reason: ServiceBusFailureReason.MessagingEntityNotFound } => new("no such topic", false, false, TimeSpan.Zero),
        ServiceBusException { Reason: ServiceBusFailureReason.QuotaExceeded } => new("topic full", false, false, TimeSpan.Zero),
        ServiceBusException { Reason: ServiceBusFailureReason.ServiceBusy } busy => new("throttled", false, true, busy.RetryAfter ?? TimeSpan.Zero, IsThrottled: true),
        ServiceBusException { IsTransient: true } passing => new(passing.Status == 0 ? "no answer" : "service error", false, true, passing.RetryAfter ?? TimeSpan.Zero),
        _ => new("send refused", false, false, TimeSpan.Zero),
    };
}

/// <summary>How long the relay waits after failures: briefly where it will pass, up to half a minute where somebody has to mend something.</summary>
internal sealed record RelayPauses
{
    private static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(1);

    public TimeSpan First { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan LongestTransient { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan LongestOther { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What the service asks of those it throttles, where it does not ask for more.</summary>
    public TimeSpan Throttled { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan After(int failed, RelayRefusal refusal)
    {
        var longest = refusal.IsTransient ? LongestTransient : LongestOther;
        var own = TimeSpan.FromTicks(Math.Min(longest.Ticks, First.Ticks << Math.Min(failed - 1, 10)));
        var asked = refusal.Least < LongestAsked ? refusal.Least : LongestAsked;
        var least = refusal.IsThrottled && asked < Throttled ? Throttled : asked;
        return own > least ? own : least;
    }
}
