namespace Tickets.Client.Transport;

/// <summary>What one attempt came to: an answer or the error that stood in its place.</summary>
internal sealed record Attempt(TicketsResponse? Response, Exception? Error, Repeatability Repeatability)
{
    public bool MayHaveBeenDone => Repeatability == Repeatability.WhenSafe;

    public bool MayBeRepeated(TicketsRequest request) => Repeatability switch
    {
        Repeatability.Always => request.Repeat,
        Repeatability.WhenSafe => request.Repeat && request.SafeToRepeat,
        _ => false,
    };

    public string Reason => Response is { } response ? $"{response.Status} {response.Reason}" : Error!.Message;
}

internal enum Repeatability
{
    /// <summary>Another attempt would end the same way.</summary>
    Never,

    /// <summary>The server may have done the request.</summary>
    WhenSafe,

    /// <summary>The server certainly has not done the request.</summary>
    Always,
}
