using System.Diagnostics;

namespace Tickets.Tests.Archive;

internal static class Eventually
{
    /// <summary>Tries until it succeeds; after 30 s its exception is the test's.</summary>
    public static async Task SucceedsAsync(Func<Task> attempt)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await attempt();
                return;
            }
            catch (Exception) when (watch.Elapsed < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(50);
            }
        }
    }
}
