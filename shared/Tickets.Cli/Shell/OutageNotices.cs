using Tickets.Client;

namespace Tickets.Cli;

/// <summary>Says once that the service is away, however many calls wait for it and however often they ask again.</summary>
internal sealed class OutageNotices(TextWriter errors, TimeProvider clock)
{
    // An attempt may take this long before it counts as lost and is heard of again.
    private static readonly TimeSpan Quiet = new TicketsClientOptions { Address = new Uri("http://localhost") }.AttemptTimeout;

    private readonly Lock _gate = new();
    private DateTimeOffset _until = DateTimeOffset.MinValue;

    public void Retrying(RetryNotice notice)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            var isKnown = now < _until;
            var until = now + notice.Delay + Quiet;
            if (until > _until) _until = until;
            if (isKnown) return;
        }

        errors.WriteLine($"{notice.Reason}; asking again until it answers");
    }
}
