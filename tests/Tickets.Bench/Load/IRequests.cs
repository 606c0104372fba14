namespace Tickets.Bench.Load;

/// <summary>What a load sends. Called from the load's one thread only.</summary>
internal interface IRequests
{
    /// <returns>The next request of a connection in whole; it is sent before the next call.</returns>
    ReadOnlySpan<byte> Next(int connection);

    /// <summary>The answer to a connection's last request.</summary>
    void Answered(int connection, int status, ReadOnlySpan<byte> body)
    {
    }
}
