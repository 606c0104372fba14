using Npgsql;
using Tickets.Core.Orchestration.History;
using Tickets.Core.Orchestration.Replay;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Storage;

/// <summary>Taking up, holding and giving back: the leases of one worker.</summary>
internal sealed class Claims(HubDatabase database, string owner)
{
    /// <summary>The worker's name.</summary>
    public string Owner => owner;

    // The lock of orchestration_ready shows that row as it stands, all else as it stood when the statement began; meanwhile the last holder may have begun the
    // instance anew, or set its status. So what an instance is comes from here only if nobody has held it (token 0); else it is read when the lease is ours.
    private static readonly string ClaimInstances =
        $"""
        {Due("instance_id, token, owner", "orchestration_ready", "unnest($1::text[]) as known(name)", "$3")}
        update orchestration_ready r
        set owner = $4, token = nextval('orchestration_tokens'), due_at = $5
        from due left join orchestrations o on o.instance_id = due.instance_id and due.token = 0
        where r.instance_id = due.instance_id
        returning r.instance_id, r.token, r.pending, r.steps, r.attempts, r.stalled is not null, due.owner is not null, {ExecutionFacts.Columns}
        """;

    private static readonly string ClaimActivities =
        $"""
        {Due("instance_id, execution, task_id, owner", "orchestration_activities", "unnest($1::text[], $6::bigint[]) as known(name, most)", "known.most")}
        update orchestration_activities a
        set owner = $4, token = nextval('orchestration_tokens'), due_at = $5
        from due
        where a.instance_id = due.instance_id and a.execution = due.execution and a.task_id = due.task_id
        returning a.instance_id, a.token, a.execution, a.task_id, a.attempts, due.owner is not null, a.body, a.key, a.trace_parent
        """;

    /// <summary>Takes up instances that are due, with their histories and inboxes.</summary>
    public async Task<List<ClaimedInstance>> TakeInstancesAsync(string[] names, int most, DateTimeOffset now, TimeSpan lease, CancellationToken cancel)
    {
        var claimed = await database.QueryAsync("claim instances", ClaimInstances, ClaimParameters(names, most, now, lease), ReadClaim, cancel);
        var withPast = claimed.Where(claim => claim.Facts is null || claim.Steps > 0 || claim.Pending > 0).ToList();
        var pasts = withPast.Count > 0 ? await PastsAsync(withPast, cancel) : [];
        // One that is not there any more was ended and forgotten meanwhile.
        return [.. claimed.Select(claim => claim.With(pasts.GetValueOrDefault(claim.Lease.InstanceId))).OfType<ClaimedInstance>()];
    }

    /// <param name="names">With how many of each may be taken.</param>
    public Task<List<ClaimedActivity>> TakeActivitiesAsync(IReadOnlyList<(string Name, int Most)> names, int most, DateTimeOffset now, TimeSpan lease, CancellationToken cancel) => database.QueryAsync(
        "claim activities",
        ClaimActivities,
        [.. ClaimParameters([.. names.Select(name => name.Name)], most, now, lease), Sql.Array(names.Select(name => (long)name.Most).ToArray())],
        row => new ClaimedActivity(
            new Lease(row.GetString(0), row.GetInt64(1)),
            row.GetInt32(2),
            row.GetInt32(3),
            row.GetInt32(4),
            row.GetBoolean(5),
            new ActivityCall(row.GetString(0), HistoryJson.Event(row.GetString(6)), row.GetString(7), row.TextOrNull(8))),
        cancel);

    /// <summary>Lease numbers for work that is put into the table while it runs here.</summary>
    public Task<List<long>> TokensAsync(int count) => database.QueryAsync(
        "tokens", "select nextval('orchestration_tokens') from generate_series(1, $1)", [Sql.Value(count)], row => row.GetInt64(0));

    /// <summary>Counts an attempt at what was taken over, before it begins: so it counts even if it ends this process.</summary>
    /// <returns>False when the lease is lost.</returns>
    public async Task<bool> MarkAsync(Lease lease) => await database.ExecuteAsync(
        "mark",
        "update orchestration_ready set attempts = attempts + 1 where instance_id = $1 and token = $2 and owner is not null",
        [Sql.Value(lease.InstanceId), Sql.Value(lease.Token)]) > 0;

    /// <inheritdoc cref="MarkAsync"/>
    public async Task<bool> MarkActivityAsync(ClaimedActivity activity) => await database.ExecuteAsync(
        "mark activity",
        "update orchestration_activities set attempts = attempts + 1 where instance_id = $1 and execution = $2 and task_id = $3 and token = $4",
        [Sql.Value(activity.Lease.InstanceId), Sql.Value(activity.Execution), Sql.Value(activity.TaskId), Sql.Value(activity.Lease.Token)]) > 0;

    /// <summary>Takes a mark back although the lease is another's: this process lives, so it was not what ended it.</summary>
    public Task<int> AcquitAsync(string instanceId) => database.ExecuteAsync(
        "acquit", "update orchestration_ready set attempts = attempts - 1 where instance_id = $1 and attempts > 0", [Sql.Value(instanceId)]);

    /// <inheritdoc cref="AcquitAsync"/>
    public Task<int> AcquitActivityAsync(ClaimedActivity activity) => database.ExecuteAsync(
        "acquit activity",
        "update orchestration_activities set attempts = attempts - 1 where instance_id = $1 and execution = $2 and task_id = $3 and attempts > 0",
        [Sql.Value(activity.Lease.InstanceId), Sql.Value(activity.Execution), Sql.Value(activity.TaskId)]);

    /// <summary>When the next work of these names is due; null when there is none.</summary>
    public async Task<DateTimeOffset?> NextDueAsync(string[] orchestrators, string[] activities, CancellationToken cancel)
    {
        var next = await database.QueryAsync(
            "next due",
            """
            select least(
                (select min(d.due_at) from unnest($1::text[]) as known(name) cross join lateral (select due_at from orchestration_ready where name = known.name and due_at < 'infinity' order by due_at limit 1) d),
                (select min(d.due_at) from unnest($2::text[]) as known(name) cross join lateral (select due_at from orchestration_activities where name = known.name order by due_at limit 1) d))
            """,
            [Sql.Array(orchestrators), Sql.Array(activities)],
            row => row.TimeOrNull(0),
            cancel);
        return next[0];
    }

    /// <summary>Messages that came in since.</summary>
    public Task<List<InboxMessage>> ReadInboxAsync(string instanceId, long after, CancellationToken cancel) => database.QueryAsync(
        "read inbox",
        "select seq, execution, body from orchestration_inbox where instance_id = $1 and seq > $2 order by seq limit 1000",
        [Sql.Value(instanceId), Sql.Value(after)],
        row => ReadMessage(row, 0),
        cancel);

    /// <summary>Holds leases for longer.</summary>
    /// <returns>Those that are still held, each with its count of messages and whether it is stalled.</returns>
    public Task<List<(string InstanceId, int Pending, bool IsStalled)>> RenewAsync(IReadOnlyList<Lease> leases, DateTimeOffset until, CancellationToken cancel) => database.QueryAsync(
        "renew",
        """
        update orchestration_ready r set due_at = $3 from unnest($1::text[], $2::bigint[]) as held(instance_id, token)
        where r.instance_id = held.instance_id and r.token = held.token and r.owner is not null
        returning r.instance_id, r.pending, r.stalled is not null
        """,
        [.. Held(leases), Sql.Value(until)],
        row => (row.GetString(0), row.GetInt32(1), row.GetBoolean(2)),
        cancel);

    /// <returns>The instances that are still held, each with its count of messages and whether it is stalled.</returns>
    public Task<List<(string InstanceId, int Pending, bool IsStalled)>> PeekAsync(IReadOnlyList<Lease> leases, CancellationToken cancel) => database.QueryAsync(
        "peek",
        """
        select r.instance_id, r.pending, r.stalled is not null from orchestration_ready r join unnest($1::text[], $2::bigint[]) as held(instance_id, token)
        on r.instance_id = held.instance_id and r.token = held.token where r.owner is not null
        """,
        Held(leases),
        row => (row.GetString(0), row.GetInt32(1), row.GetBoolean(2)),
        cancel);

    /// <returns>The activities that are still held.</returns>
    public Task<List<Lease>> RenewActivitiesAsync(IReadOnlyList<Lease> leases, DateTimeOffset until, CancellationToken cancel) => database.QueryAsync(
        "renew activities",
        """
        update orchestration_activities a set due_at = $3 from unnest($1::text[], $2::bigint[]) as held(instance_id, token)
        where a.instance_id = held.instance_id and a.token = held.token
        returning a.instance_id, a.token
        """,
        [.. Held(leases), Sql.Value(until)],
        row => new Lease(row.GetString(0), row.GetInt64(1)),
        cancel);

    /// <summary>Gives instances back with nothing recorded.</summary>
    /// <param name="attempts">1 when that was an attempt which came to nothing; -1 takes a mark back.</param>
    public Task<int> ReleaseAsync(IReadOnlyList<Lease> leases, DateTimeOffset due, int attempts) => database.ExecuteAsync(
        "release",
        """
        update orchestration_ready r
        set owner = null, due_at = case when r.stalled is null then $3 else 'infinity'::timestamptz end, attempts = greatest(r.attempts + $4, 0)
        from unnest($1::text[], $2::bigint[]) as held(instance_id, token) where r.instance_id = held.instance_id and r.token = held.token and r.owner is not null
        """,
        [.. Held(leases), Sql.Value(due), Sql.Value(attempts)]);

    /// <inheritdoc cref="ReleaseAsync"/>
    public Task<int> ReleaseActivityAsync(Lease lease, DateTimeOffset due, int attempts) => database.ExecuteAsync(
        "release activity",
        "update orchestration_activities set owner = null, due_at = $3, attempts = greatest(attempts + $4, 0) where instance_id = $1 and token = $2",
        [Sql.Value(lease.InstanceId), Sql.Value(lease.Token), Sql.Value(due), Sql.Value(attempts)]);

    /// <summary>Sets an instance aside, with all it has, until it is resumed.</summary>
    public Task<int> ParkAsync(Lease lease, string reason) => database.ExecuteAsync(
        "park",
        "update orchestration_ready set owner = null, due_at = 'infinity', stalled = 2, reason = $3 where instance_id = $1 and token = $2",
        [Sql.Value(lease.InstanceId), Sql.Value(lease.Token), Sql.Value(reason)]);

    /// <summary>What is due, name by name, so that work of names that nobody here knows costs nothing.</summary>
    private static string Due(string key, string table, string known, string most) =>
        $"""
        with due as materialized (
            select r.* from {known}
            cross join lateral (select {key}, due_at from {table} q where q.name = known.name and q.due_at <= $2 order by q.due_at limit {most} for update skip locked) r
            order by r.due_at limit $3)
        """;

    private NpgsqlParameter[] ClaimParameters(string[] names, int most, DateTimeOffset now, TimeSpan lease) =>
        [Sql.Array(names), Sql.Value(now), Sql.Value((long)most), Sql.Value(owner), Sql.Value(now + lease)];

    private Task<Dictionary<string, Past>> PastsAsync(List<Claim> claims, CancellationToken cancel) => database.RunAsync(
        "load",
        async connection =>
        {
            await using var batch = new NpgsqlBatch(connection);
            var ids = claims.Select(claim => (string?)claim.Lease.InstanceId).ToArray();
            batch.BatchCommands.Add(Sql.Command($"select o.instance_id, {ExecutionFacts.Columns} from orchestrations o where o.instance_id = any($1)", Sql.Array(ids)));
            // Before the inboxes: an activity that ends meanwhile leaves the one for the other, and must be found in one of them.
            batch.BatchCommands.Add(Sql.Command(
                """
                select a.instance_id, a.task_id from unnest($1::text[]) as wanted(instance_id) join orchestrations o using (instance_id)
                join orchestration_activities a on a.instance_id = o.instance_id and a.execution = o.execution
                """,
                Sql.Array(ids)));
            batch.BatchCommands.Add(Sql.Command(
                """
                select h.instance_id, h.body from unnest($1::text[]) as wanted(instance_id) join orchestrations o using (instance_id)
                join orchestration_history h on h.instance_id = o.instance_id and h.execution = o.execution order by h.instance_id, h.step
                """,
                Sql.Array(ids)));
            batch.BatchCommands.Add(Sql.Command(
                """
                select m.instance_id, m.seq, m.execution, m.body from unnest($1::text[]) as wanted(instance_id)
                cross join lateral (select instance_id, seq, execution, body from orchestration_inbox i where i.instance_id = wanted.instance_id order by seq limit 1000) m order by m.seq
                """,
                Sql.Array(ids)));

            var pasts = new Dictionary<string, Past>(StringComparer.Ordinal);
            await using var reader = await batch.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                pasts[reader.GetString(0)] = new Past(ExecutionFacts.Read(reader, reader.GetString(0), 1), [], [], []);
            await reader.NextResultAsync(cancel);
            while (await reader.ReadAsync(cancel))
                pasts.GetValueOrDefault(reader.GetString(0))?.Queued.Add(reader.GetInt32(1));
            await reader.NextResultAsync(cancel);
            while (await reader.ReadAsync(cancel))
                pasts.GetValueOrDefault(reader.GetString(0))?.History.Add(HistoryJson.Step(reader.GetString(1)));
            await reader.NextResultAsync(cancel);
            while (await reader.ReadAsync(cancel))
                pasts.GetValueOrDefault(reader.GetString(0))?.Inbox.Add(ReadMessage(reader, 1));
            return pasts;
        },
        cancel);

    private static Claim ReadClaim(NpgsqlDataReader row) =>
        new(new Lease(row.GetString(0), row.GetInt64(1)), row.GetInt32(2), row.GetInt32(3), row.GetInt32(4), row.GetBoolean(5), row.GetBoolean(6), row.IsDBNull(7) ? null : ExecutionFacts.Read(row, row.GetString(0), 7));

    private static InboxMessage ReadMessage(NpgsqlDataReader row, int at) => new(row.GetInt64(at), row.IsDBNull(at + 1) ? null : row.GetInt32(at + 1), HistoryJson.Event(row.GetString(at + 2)));

    private static NpgsqlParameter[] Held(IReadOnlyList<Lease> leases) =>
        [Sql.Array(leases.Select(lease => (string?)lease.InstanceId).ToArray()), Sql.Array(leases.Select(lease => lease.Token).ToArray())];
}
