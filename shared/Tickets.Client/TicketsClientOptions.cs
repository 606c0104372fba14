namespace Tickets.Client;

/// <summary>How a <see cref="TicketsClient"/> reaches the service and how long it keeps trying.</summary>
public sealed record TicketsClientOptions
{
    /// <summary>Address of the service, such as <c>https://tickets.example.org</c>; <c>/api/v1</c> is added when missing.</summary>
    public required Uri Address { get; init; }

    /// <summary>API key (<c>tk_…</c>), sent as a bearer token. Null sends none: only the health routes answer then.</summary>
    public string? Key { get; init; }

    /// <summary>
    /// Longest time a call is repeated for, counted from its start. <see cref="TimeSpan.Zero"/> never repeats,
    /// <see cref="Timeout.InfiniteTimeSpan"/> repeats until the call is cancelled. Default 30 s.
    /// </summary>
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one attempt of a repeatable call may take before it counts as lost. Default 10 s.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most nonces kept in stock for creates without one (1 to 1000). Default 32.</summary>
    public int NonceStock { get; init; } = 32;

    /// <summary>Nonces older than this are thrown away unused. Keep it well under the server's expiry (24 h by default). Default 1 h.</summary>
    public TimeSpan NonceMaxAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Called before each repetition, from the thread that makes the call.</summary>
    public Action<RetryNotice>? Retrying { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>A call is about to be repeated.</summary>
/// <param name="Attempt">The attempt that failed, from 1.</param>
/// <param name="Delay">How long the client waits before the next one.</param>
/// <param name="Reason">A sentence for people.</param>
public sealed record RetryNotice(int Attempt, TimeSpan Delay, string Reason);
