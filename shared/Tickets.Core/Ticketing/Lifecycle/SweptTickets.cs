using Npgsql;
using Tickets.Core.Orchestration;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>How closely a sweep looks.</summary>
internal enum SweepDepth
{
    /// <summary>Only whether there is an orchestration.</summary>
    Existence,

    /// <summary>Also what stands in narrow rows; and all that is recorded of tickets that changed lately.</summary>
    Recent,

    /// <summary>All that is recorded of every ticket.</summary>
    All,
}

/// <summary>Reads the tickets of a queue that a sweep has to look at, with their orchestrations.</summary>
internal sealed class SweptTickets(QueueSettings queue, SweepDepth depth)
{
    public const int Bite = 2_000;

    /// <summary>A ticket that was just written to may be about to have its orchestration.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Lately = TimeSpan.FromHours(1);

    // By primary keys on all sides. In a status something happens after the shortest of its times at the latest, so what is due later, or never, is looked at; where
    // acceptance has stopped the clock only what is recorded can tell.
    private readonly string _page =
        $"""
        select t.ticket_id, t.status, t.updated_at, t.version, t.group_name, t.accepted_by,
               r.name, nullif(r.due_at, 'infinity'), coalesce(r.owner is not null, false), coalesce(r.stalled is not null, false), coalesce(r.pending, 0),
               exists (select from orchestration_inbox i where i.instance_id = 'ticket/' || t.ticket_id),
               exists (select from orchestration_activities a where a.instance_id = 'ticket/' || t.ticket_id),
               coalesce(o.status = 0, false), coalesce(o.status = 1, false), coalesce(o.custom_status, o.input)
        from {queue.TicketsTable} t
        left join orchestration_ready r on r.instance_id = 'ticket/' || t.ticket_id
        left join unnest($5::text[], $6::interval[], $7::boolean[]) as s(status, shortest, asks) on s.status = t.status
        left join orchestrations o on o.instance_id = 'ticket/' || t.ticket_id
        where t.closed_at is null and t.moving_to is null and t.updated_at < $1 and t.ticket_id > $2
          and (r.instance_id is null
            or ($3 > 0 and r.stalled is null and r.owner is null
              and ($3 > 1 or t.updated_at > $4 or r.name = '{LifecycleChanges.EarlierOrchestrator}' or r.pending > 0
                or (r.due_at > $8 + s.shortest and not (s.asks and t.accepted_by is not null)))))
        order by t.ticket_id limit {Bite}
        """;

    /// <param name="after">The last ticket of the page before.</param>
    public async Task<List<SweptTicket>> ReadAsync(NpgsqlConnection connection, long after, DateTimeOffset now, CancellationToken cancel)
    {
        await using var find = new NpgsqlCommand(_page, connection);
        var statuses = queue.Workflow.Statuses.Values.Where(status => status.Lifecycle is not null).ToList();
        find.Parameters.Add(Sql.Value(now - Settling));
        find.Parameters.Add(Sql.Value(after));
        find.Parameters.Add(Sql.Value((int)depth));
        find.Parameters.Add(Sql.Value(now - Lately));
        find.Parameters.Add(Sql.Array(statuses.Select(status => (string?)status.Name).ToArray()));
        find.Parameters.Add(new NpgsqlParameter<TimeSpan?[]> { TypedValue = [.. statuses.Select(status => LifecycleClock.Shortest(status.Lifecycle!.Lifetime, status.Lifecycle.RemindEvery))] });
        find.Parameters.Add(new NpgsqlParameter<bool[]> { TypedValue = [.. statuses.Select(status => status.Lifecycle!.RemindEvery is not null)] });
        find.Parameters.Add(Sql.Value(now));
        var tickets = new List<SweptTicket>();
        await using var reader = await find.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            tickets.Add(new SweptTicket(reader.GetInt64(0), reader.GetString(1), reader.Time(2), reader.GetInt64(3), reader.TextOrNull(4), reader.TextOrNull(5))
            {
                Name = reader.TextOrNull(6),
                DueAt = reader.TimeOrNull(7),
                IsHeld = reader.GetBoolean(8),
                IsStalled = reader.GetBoolean(9),
                Pending = reader.GetInt32(10),
                HasMessages = reader.GetBoolean(11),
                HasActivities = reader.GetBoolean(12),
                IsRunning = reader.GetBoolean(13),
                IsOver = reader.GetBoolean(14),
                Life = reader.TextOrNull(15) is { } life ? Payload.To<LifecycleState>(life) : null,
            });
        }

        return tickets;
    }
}
