using Tickets.Core.Orchestration;
using Tickets.Core.Platform;

namespace Tickets.Core.Ticketing.Lifecycle;

/// <summary>Whether all of these tickets have closed. One that is on no shard any more has been archived, and so has closed.</summary>
[DurableTask(Name)]
internal sealed class AreClosed(TicketRow rows, ShardSet shards) : TaskActivity<IReadOnlyList<long>, bool>
{
    public const string Name = "are-closed";

    public override async Task<bool> RunAsync(TaskActivityContext context, IReadOnlyList<long> input)
    {
        foreach (var ticket in input)
        {
            foreach (var shard in shards.All)
            {
                if (await rows.FindAsync(shard.Name, ticket, context.Cancellation) is { ClosedAt: null })
                    return false;
            }
        }

        return true;
    }
}
