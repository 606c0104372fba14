using System.Data;
using Npgsql;

namespace Tickets.Core.Platform;

/// <summary>Tells a database that is away, restarting, too slow or not up to date yet from a bug: the one passes and the work is tried again, the other is reported.</summary>
public static class ConnectionLoss
{
    private const string IdleInTransactionTimeout = "25P03";

    /// <param name="fault">What was thrown while a database was used.</param>
    public static bool Is(Exception fault) => fault is NpgsqlException or IOException or TimeoutException || IsMisread(fault);

    /// <summary>Whether it passes by itself: the database refused nothing, it was away, too busy, or ended a session or statement that took too long.</summary>
    /// <param name="fault">What was thrown while a database was used.</param>
    public static bool Passes(Exception fault) => fault is PostgresException refusal
        ? refusal.IsTransient || refusal.SqlState is PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or IdleInTransactionTimeout
        : Is(fault);

    /// <param name="fault">What was thrown.</param>
    /// <param name="session">The session's state since; null when there was none yet.</param>
    public static bool Is(Exception fault, ConnectionState? session) =>
        // The second is what Npgsql throws for a session that broke while nobody used it; of an open one it is a misuse.
        Is(fault) || (fault is InvalidOperationException && session is { } state && state != ConnectionState.Open);

    // A statement that failed, or was cancelled, while Npgsql prepared it by itself is in its books as prepared and without a description. At its next use the driver meets an answer
    // that it did not expect, throws a bare exception and drops the session (npgsql/npgsql#6391); what was sent has been done all the same.
    private static bool IsMisread(Exception fault) => fault.GetType() == typeof(Exception) && fault.Source == "Npgsql";
}
