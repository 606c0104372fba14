using Tickets.Contracts;
using Tickets.Core.Orchestration;

namespace Tickets.Core.Operations;

/// <summary>How orchestrators of operations call their steps.</summary>
internal static class OperationSteps
{
    /// <summary>Storage or a database that is away comes back; damage does not mend itself, and the archive access tier takes hours.</summary>
    public static readonly TaskOptions Retrying = TaskOptions.FromRetryPolicy(new RetryPolicy(20, TimeSpan.FromSeconds(1), 2, TimeSpan.FromMinutes(1))
    {
        HandleFailure = failure => !failure.IsCausedBy<Archive.Format.DamagedPartException>() && !failure.IsCausedBy<Archive.Format.OfflinePartException>(),
    });

    public static void Report(this TaskOrchestrationContext context, long done, long total, string unit) => context.SetCustomStatus(new OperationProgress(done, total, unit));
}
