using System.Diagnostics;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Load;

/// <summary>How much the whole, generator included, can do on this machine.</summary>
internal static class Capacity
{
    private const int Clients = 48;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(10);

    /// <returns>Requests a second in a closed loop.</returns>
    public static async Task<double> MeasureAsync(ChaosRun run, TicketLives lives)
    {
        run.Progress.Stage("measuring the capacity");
        var (number, done) = (0L, 0L);
        var spent = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            while (spent.Elapsed < WarmUp + Measured)
            {
                var outcome = await lives.SendAsync(Interlocked.Increment(ref number) - long.MaxValue / 2);
                if (outcome == LoadOutcome.Done && spent.Elapsed > WarmUp)
                    Interlocked.Increment(ref done);
            }
        })));
        var rate = done / Measured.TotalSeconds;
        return rate > 0 ? rate : throw new ChaosException("Nothing was done while the capacity was measured.");
    }
}
