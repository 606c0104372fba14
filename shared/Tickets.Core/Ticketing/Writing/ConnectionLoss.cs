using System.Data;
using Npgsql;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>Tells a connection that broke from a bug: the one is answered 503 and tried again by the caller, the other is a 500.</summary>
internal static class ConnectionLoss
{
    /// <param name="fault">What was thrown.</param>
    /// <param name="session">The session's state since; null when there was none yet.</param>
    public static bool Is(Exception fault, ConnectionState? session) => fault switch
    {
        NpgsqlException or IOException or TimeoutException => true,
        // What Npgsql throws for a session that broke while nobody used it; of an open one it is a misuse.
        InvalidOperationException => session is { } state && state != ConnectionState.Open,
        _ => false,
    };
}
