using Tickets.Core.Operations.Erase;
using Tickets.Core.Operations.QueueMoves;
using Tickets.Core.Operations.Restore;
using Tickets.Core.Operations.Scans;
using Tickets.Core.Orchestration;

namespace Tickets.Core.Operations;

internal static class OperationTasks
{
    /// <summary>The orchestrators and activities of all kinds.</summary>
    public static void Declare(DurableTaskRegistry tasks) => tasks
        .AddOrchestrator<ScanColdTier>().AddActivity<PlanScan>().AddActivity<RunScanUnit>()
        .AddOrchestrator<RestoreOperation>().AddActivity<BringTicketBack>()
        .AddOrchestrator<EraseOperation>().AddActivity<EraseFromHot>().AddActivity<FindDaysToErase>().AddActivity<EraseFromDay>().AddActivity<ListShards>().AddActivity<EraseFromLog>().AddActivity<EraseFromResults>()
        .AddOrchestrator<MoveQueueOperation>().AddActivity<BeginQueueMove>().AddActivity<CopyQueue>().AddActivity<SwitchQueue>().AddActivity<ClearQueue>().AddActivity<GiveUpQueueMove>()
        .AddOrchestrator<RebuildOperation>().AddActivity<FindColdDays>().AddActivity<RebuildOneDay>();
}
