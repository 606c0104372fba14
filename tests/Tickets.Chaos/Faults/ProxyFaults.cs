namespace Tickets.Chaos.Faults;

/// <summary>What a <see cref="TcpProxy"/> does to what goes through it; may be changed at any time.</summary>
/// <param name="Delay">Before each piece is passed on to the server; pieces keep their distance, as on a long line.</param>
/// <param name="CutReplies">The share of replies in place of which the connection is cut: the request was passed on, its answer is lost.</param>
/// <param name="Reset">The share of requests in place of which the connection is reset: nothing was passed on.</param>
/// <param name="Blackhole">Nothing is passed on in either direction, and nobody is told.</param>
internal sealed record ProxyFaults(TimeSpan Delay = default, double CutReplies = 0, double Reset = 0, bool Blackhole = false)
{
    public static readonly ProxyFaults None = new();
}
