using Npgsql;
using Tickets.Core.Orchestration.Storage;
using Tickets.Core.Platform;

namespace Tickets.Core.Orchestration.Client;

/// <summary>Forgets orchestrations that have ended.</summary>
internal static class Purges
{
    private const int Bite = 2_000;

    private const string Forget =
        """
        , gone as (delete from orchestrations o using doomed where o.instance_id = doomed.instance_id and o.status > 0 returning o.instance_id),
        past as (delete from orchestration_history h using gone where h.instance_id = gone.instance_id)
        select count(*)::int from gone
        """;

    private const string One =
        """
        with recursive doomed as (
            select instance_id from orchestrations where instance_id = $1 and status > 0
            union all
            select child.instance_id from orchestrations child join doomed on child.parent_id = doomed.instance_id where $2 and child.status > 0)
        """ + Forget;

    public static async Task<int> OneAsync(HubDatabase database, string instanceId, bool recursive, CancellationToken cancel) =>
        (await database.QueryAsync("purge", One, OneParameters(instanceId, recursive), row => row.GetInt32(0), cancel))[0];

    /// <summary>An orchestration that has ended, with all below it that have.</summary>
    public static NpgsqlBatchCommand WithChildren(string instanceId) => Sql.Command(One, OneParameters(instanceId, recursive: true));

    private static NpgsqlParameter[] OneParameters(string instanceId, bool recursive) => [Sql.Value(instanceId), new NpgsqlParameter<bool> { TypedValue = recursive }];

    public static async Task<int> AllAsync(HubDatabase database, PurgeInstancesFilter filter, CancellationToken cancel)
    {
        var purged = 0;
        while (true)
        {
            var gone = await database.QueryAsync(
                "purge",
                """
                with doomed as (
                    select instance_id from orchestrations
                    where completed_at < $1 and created_at >= $2 and created_at < $3 and status = any($4) and ($5 = '' or lower(name) = $5)
                    order by completed_at limit $6 for update skip locked)
                """ + Forget,
                [
                    Sql.Value(filter.CompletedTo ?? DateTimeOffset.MaxValue), Sql.Value(filter.CreatedFrom ?? DateTimeOffset.MinValue), Sql.Value(filter.CreatedTo ?? DateTimeOffset.MaxValue),
                    new NpgsqlParameter<short[]> { TypedValue = [.. Ended(filter).Select(status => (short)status)] }, Sql.Value(filter.Name is { } name ? new TaskName(name).Key : ""), Sql.Value(Bite),
                ],
                row => row.GetInt32(0),
                cancel);
            purged += gone[0];
            if (gone[0] < Bite)
                return purged;
        }
    }

    private static IEnumerable<OrchestrationRuntimeStatus> Ended(PurgeInstancesFilter filter)
    {
        OrchestrationRuntimeStatus[] ended = [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];
        return filter.Statuses is { Count: > 0 } wanted ? ended.Where(wanted.Contains) : ended;
    }
}
