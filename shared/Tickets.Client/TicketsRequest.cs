namespace Tickets.Client;

/// <summary>One HTTP request to any route of the service; the typed methods of <see cref="TicketsClient"/> are made of these.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="PathAndQuery">Below <c>/api/v1</c>, beginning with a slash, escaped.</param>
public sealed record TicketsRequest(HttpMethod Method, string PathAndQuery)
{
    /// <summary>JSON, sent with its Content-Length: Functions hosts may lose chunked bodies.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>Sent as <c>If-Match: "value"</c>: the revision or version that must stand.</summary>
    public long? IfMatch { get; init; }

    /// <summary>Sends <c>If-None-Match: *</c>: nothing may be there yet.</summary>
    public bool IfNoneMatch { get; init; }

    /// <summary>At most 128 characters. The same key with the same body is answered as the first time.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>
    /// True when doing the request twice is the same as doing it once. Always true for GET and with an <see cref="IdempotencyKey"/>;
    /// set it for a create with a nonce and for POSTs that only read.
    /// </summary>
    public bool SafeToRepeat
    {
        get => field || Method == HttpMethod.Get || IdempotencyKey is not null;
        init;
    }

    /// <summary>False makes one attempt only, whatever happens: the answer itself is what the caller wants to know.</summary>
    public bool Repeat { get; init; } = true;

    /// <summary>How long the server may hold the request before it answers (long polling); added to every time limit.</summary>
    public TimeSpan HeldFor { get; init; }
}
