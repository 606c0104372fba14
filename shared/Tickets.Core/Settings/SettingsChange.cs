using Npgsql;
using Tickets.Core.Platform;

namespace Tickets.Core.Settings;

/// <summary>
/// A change of settings under way: its transaction, the revision that it makes, and who makes it. It is kept only when it has been
/// recorded for the audit log, so no change can forget to be.
/// </summary>
internal sealed class SettingsChange(NpgsqlConnection connection, long revision, string actor, DateTimeOffset at)
{
    public NpgsqlConnection Connection => connection;
    public long Revision => revision;
    public string Actor => actor;
    public DateTimeOffset At => at;
    public bool Recorded { get; private set; }

    /// <param name="action">What was done, such as <c>queue.put</c>.</param>
    /// <param name="target">What to: the name or the id.</param>
    /// <param name="reach">The queues or prefixes that it is about.</param>
    /// <param name="json">How it stands now; never a secret.</param>
    public async Task RecordAsync(string action, string target, IReadOnlyList<string> reach, string? json, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("insert into settings_audit (revision, at, actor, action, target, reach, change) values ($1, $2, $3, $4, $5, $6, $7)", connection);
        command.Parameters.Add(Sql.Value(revision));
        command.Parameters.Add(Sql.Value(at));
        command.Parameters.Add(Sql.Value(actor));
        command.Parameters.Add(Sql.Value(action));
        command.Parameters.Add(Sql.Value(target));
        command.Parameters.Add(Sql.Array([.. reach]));
        command.Parameters.Add(new() { Value = (object?)json ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Json });
        await command.ExecuteNonQueryAsync(cancel);
        Recorded = true;
    }
}
