using Tickets.Core.Archive;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.Archive;

internal static class ArchiveFunctions
{
    // Well inside the shortest limit that a host sets a function.
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(3);

    public static void Declare(FunctionCatalog functions, string schedule = "0 */5 * * * *") =>
        functions.MapTimer("ArchiveClosedTickets", schedule, RunAsync);

    private static Task RunAsync(IServiceProvider services, TimerRun run, CancellationToken cancel) =>
        services.GetRequiredService<ArchiveClosedTickets>().RunAsync(LongestRun, cancel);
}
