using System.Globalization;
using System.Text.RegularExpressions;
using Tickets.Bench.Hot.Floor;
using Tickets.Bench.Stack;

namespace Tickets.Bench.Hot;

/// <summary>Fills the product's tables set-wise, as creates would have left them. The app must not run meanwhile.</summary>
internal sealed partial class HotFill(string settings, string shard)
{
    /// <summary>Ids and ops of the load come after all that are filled in.</summary>
    private const long FirstNumberOfLoad = 20_000_000;

    private const long FirstNumberOfMany = 12_000_000;

    /// <summary>Tickets <paramref name="from"/> to <paramref name="to"/> of the main queue.</summary>
    public async Task FillMainAsync(long from, long to)
    {
        var id = (await Sql.ReadAsync<int>(settings, $"select queue_id from queues where name = '{HotQueues.Main}'")).Single();
        const string Secondary = "from pg_indexes where tablename = 'tickets_q{0}' and indexname not like '%pkey' order by indexname";
        var indexes = string.Format(CultureInfo.InvariantCulture, Secondary, id);
        var (names, definitions) = (await Sql.ReadAsync<string>(shard, $"select indexname::text {indexes}"), await Sql.ReadAsync<string>(shard, $"select indexdef {indexes}"));

        // Built once at the end, as the floor's are.
        foreach (var name in names)
            await Sql.ExecuteAsync(shard, $"drop index {name}");
        await InsertAsync(id.ToString(CultureInfo.InvariantCulture), from, to, keys: to / 5);
        foreach (var definition in definitions)
            await Sql.ExecuteAsync(shard, definition);
        await FinishAsync();
    }

    public async Task FillManyAsync(int ticketsEach)
    {
        var ids = await Sql.ReadAsync<int>(settings, "select queue_id from queues where name like 'bench/many/%' order by name");
        var queue = $"(array[{string.Join(',', ids)}])[1 + g % {ids.Count}]";
        await InsertAsync(queue, FirstNumberOfMany, FirstNumberOfMany + ((long)ids.Count * ticketsEach) - 1, keys: Math.Max(1, ticketsEach / 5));
        await FinishAsync();
    }

    private async Task InsertAsync(string queue, long from, long to, long keys)
    {
        var count = to - from + 1;
        var first = (await Sql.ReadAsync<long>(shard, "select last_opid from oplog_head")).Single() + 1;
        await MakeOplogPartitionsAsync(first + count);
        var numbers = $"from generate_series({from}::bigint, {to}::bigint) g";
        await Task.WhenAll(
            Sql.ExecuteAsync(shard,
                $"""
                insert into tickets (queue_id, ticket_id, status, version, created_at, updated_at, i1, i2, i3, s1, s2, s3)
                select {queue}, g, 's' || g % {HotQueues.Statuses}, 1, now(), now(), (random() * {keys})::bigint, g % 1000, g * 3,
                       'ext-' || (random() * {keys})::bigint, 'robot-' || g % 97, md5(g::text)
                {numbers}
                """),
            Sql.ExecuteAsync(shard,
                $"""
                insert into ticket_meta (queue_id, ticket_id, block, version, data)
                select {queue}, g, 'task', 1, overlay({Sql.Literal(Payloads.Meta)} placing '"k":' || g || ',' from 2 for 0)::json {numbers}
                """));
        await Sql.ExecuteAsync(shard, $"insert into ticket_numbers_used (ticket_id, queue_id, content, expires_at) select g, {queue}, gen_random_uuid(), now() + interval '1 day' {numbers}");
        await Sql.ExecuteAsync(shard,
            $$"""
            insert into oplog (opid, at, ticket_id, queue_id, kind, version, status, diff)
            select g - {{from}} + {{first}}, now(), g, {{queue}}, 'created', 1, 's' || g % {{HotQueues.Statuses}}, ('{"set":' || {{Sql.Literal(Payloads.Op)}} || '}')::json {{numbers}}
            """);
        await Sql.ExecuteAsync(shard, $"update oplog_head set last_opid = {first + count - 1}");
    }

    private async Task FinishAsync()
    {
        await Sql.ExecuteAsync(settings, $"select setval('ticket_numbers', greatest((select last_value from ticket_numbers), {FirstNumberOfLoad}))");
        await Sql.ExecuteAsync(shard, "vacuum analyze");
    }

    /// <summary>The app makes them a few ahead; a large fill goes past those. Their size is read off the first.</summary>
    private async Task MakeOplogPartitionsAsync(long upTo)
    {
        var bounds = (await Sql.ReadAsync<string>(shard, "select pg_get_expr(relpartbound, oid) from pg_class where relname = 'oplog_p0'")).Single();
        var size = long.Parse(UpperBound().Match(bounds).Groups["upper"].ValueSpan, CultureInfo.InvariantCulture);
        for (var number = 0L; number * size <= upTo; number++)
            await Sql.ExecuteAsync(shard, $"create table if not exists oplog_p{number} partition of oplog for values from ({number * size}) to ({(number + 1) * size})");
    }

    [GeneratedRegex(@"TO \('?(?<upper>[0-9]+)'?\)", RegexOptions.ExplicitCapture)]
    private static partial Regex UpperBound();
}
