using System.Data;
using Npgsql;

namespace Tickets.Core.Platform;

/// <summary>Tells a database that is away, restarting, too slow or not up to date yet from a bug: the one passes and the work is tried again, the other is reported.</summary>
public static class ConnectionLoss
{
    /// <param name="fault">What was thrown while a database was used.</param>
    public static bool Is(Exception fault) => fault is NpgsqlException or IOException or TimeoutException;

    /// <param name="fault">What was thrown.</param>
    /// <param name="session">The session's state since; null when there was none yet.</param>
    public static bool Is(Exception fault, ConnectionState? session) =>
        // The second is what Npgsql throws for a session that broke while nobody used it; of an open one it is a misuse.
        Is(fault) || (fault is InvalidOperationException && session is { } state && state != ConnectionState.Open);
}
