using Tickets.Core.Oplog;
using Tickets.Core.Search;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Upkeep;

/// <summary>Work that keeps the hot databases small and fast. Each part may run in any process at any time; one process a shard does it.</summary>
internal static class UpkeepFunctions
{
    public static void Declare(FunctionCatalog functions)
    {
        functions.MapTimer("KeepOplogPartitions", "20 * * * * *", async (services, run, cancel) =>
            run.Log.Add($"dropped {await services.GetRequiredService<OplogUpkeep>().RunAsync(cancel)} old partitions"));
        functions.MapTimer("KeepQueueIndexes", "40 * * * * *", async (services, run, cancel) =>
            run.Log.Add($"built or dropped {await services.GetRequiredService<IndexUpkeep>().RunAsync(cancel)} indexes"));
        functions.MapTimer("FinishMoves", "*/10 * * * * *", async (services, run, cancel) =>
            run.Log.Add($"finished {await services.GetRequiredService<Moves>().SweepAsync(cancel)} moves that were cut off"));
        functions.MapTimer("ForgetExpiredKeys", "0 */10 * * * *", async (services, run, cancel) =>
        {
            run.Log.Add($"forgot {await services.GetRequiredService<ExpiredKeys>().ForgetAsync(cancel)} keys");
            await services.GetRequiredService<ApiKeys>().ForgetAsync(cancel);
            await services.GetRequiredService<RequestLimiter>().ForgetAsync(cancel);
        });
    }
}
