using System.Collections.Immutable;
using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing;

/// <summary>The columns of <c>tickets</c> in the order in which every statement names them.</summary>
internal static class TicketColumns
{
    public const string All = "ticket_id, status, resolution, group_name, accepted_by, parent_id, version, created_at, updated_at, closed_at, i1, i2, i3, i4, i5, s1, s2, s3, s4, s5, moving_to";

    /// <summary>How many columns <see cref="All"/> has; what a statement selects beside them comes after.</summary>
    public const int Count = 21;

    /// <summary>Reads <see cref="All"/>.</summary>
    public static TicketState Read(NpgsqlDataReader reader, QueueSettings queue) => new()
    {
        TicketId = reader.GetInt64(0),
        Queue = queue,
        Status = reader.GetString(1),
        Resolution = reader.TextOrNull(2),
        Group = reader.TextOrNull(3),
        AcceptedBy = reader.TextOrNull(4),
        ParentId = reader.NumberOrNull(5),
        Version = reader.GetInt64(6),
        CreatedAt = reader.Time(7),
        UpdatedAt = reader.Time(8),
        ClosedAt = reader.TimeOrNull(9),
        Indexed = new IndexedSlots(
            ImmutableArray.Create(reader.NumberOrNull(10), reader.NumberOrNull(11), reader.NumberOrNull(12), reader.NumberOrNull(13), reader.NumberOrNull(14)),
            ImmutableArray.Create(reader.TextOrNull(15), reader.TextOrNull(16), reader.TextOrNull(17), reader.TextOrNull(18), reader.TextOrNull(19))),
        MovingTo = reader.IsDBNull(20) ? null : reader.GetInt32(20),
    };

    /// <summary>One array parameter a column, in the order of <see cref="All"/>.</summary>
    public static NpgsqlParameter[] Arrays(IReadOnlyList<TicketState> tickets)
    {
        var parameters = new List<NpgsqlParameter>(Count)
        {
            Sql.Array(Column(ticket => ticket.TicketId)),
            Sql.Array(Column(ticket => (string?)ticket.Status)),
            Sql.Array(Column(ticket => ticket.Resolution)),
            Sql.Array(Column(ticket => ticket.Group)),
            Sql.Array(Column(ticket => ticket.AcceptedBy)),
            Sql.Array(Column(ticket => ticket.ParentId)),
            Sql.Array(Column(ticket => ticket.Version)),
            Sql.Times(Column(ticket => ticket.CreatedAt)),
            Sql.Times(Column(ticket => ticket.UpdatedAt)),
            Sql.Times(Column(ticket => ticket.ClosedAt)),
        };
        for (var slot = 0; slot < 5; slot++)
        {
            var at = slot;
            parameters.Add(Sql.Array(Column(ticket => ticket.Indexed.Numbers[at])));
        }

        for (var slot = 0; slot < 5; slot++)
        {
            var at = slot;
            parameters.Add(Sql.Array(Column(ticket => ticket.Indexed.Texts[at])));
        }

        parameters.Add(Sql.Array(Column(ticket => ticket.MovingTo)));
        return [.. parameters];

        T[] Column<T>(Func<TicketState, T> value)
        {
            var column = new T[tickets.Count];
            for (var i = 0; i < column.Length; i++)
                column[i] = value(tickets[i]);
            return column;
        }
    }
}
