using Npgsql;
using Tickets.Core.Orchestration;
using Tickets.Core.Platform;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>
/// Asks the other shards what a ticket that has come from one of them has done in its status: it goes on from there, and begins anew only where its status or
/// its workflow is another one now. What the old life still does at that instant has the same keys and numbers.
/// </summary>
[DurableTask(Name)]
internal sealed class TakeOverLife(ShardSet shards) : TaskActivity<LifecycleState, LifecycleState?>
{
    public const string Name = "take-over-life";

    /// <returns>Null when there is nothing to go on from.</returns>
    public override async Task<LifecycleState?> RunAsync(TaskActivityContext context, LifecycleState input)
    {
        var lives = new List<LifecycleState>();
        foreach (var shard in shards.All.Where(shard => shard.Name != input.Shard))
        {
            await using var find = shard.Database.CreateCommand("select coalesce(custom_status, input) from orchestrations where instance_id = $1");
            find.Parameters.Add(Sql.Value(LifecycleChanges.InstanceOf(input.TicketId)));
            if (await find.ExecuteScalarAsync(context.Cancellation) is string life)
                lives.Add(Payload.To<LifecycleState>(life)!);
        }

        // It may have been on several: the newest stay is the one that it came with.
        return lives.Where(life => life.EnteredVersion <= input.EnteredVersion).OrderBy(life => life.EnteredVersion).ThenBy(life => life.StepsTaken).LastOrDefault() is { } last
            && last.Status == input.Status && last.Workflow is not null && last.Workflow == input.Workflow
            ? last.On(input.Shard)
            : null;
    }
}
