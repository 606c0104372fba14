using Npgsql;

namespace Tickets.Core.Orchestration.Working;

/// <summary>An orchestration's turn failed by its own fault: its code or what it gave to be written. Only that counts as an attempt.</summary>
internal sealed class TurnFailedException(Exception inner) : Exception(inner.Message, inner)
{
    /// <summary>Whether the database refused what was given it, rather than could not serve: the classes of data, integrity and size.</summary>
    public static bool IsOf(PostgresException refusal) => refusal.SqlState[..2] is "22" or "23" or "54";
}
