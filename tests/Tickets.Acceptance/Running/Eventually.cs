using System.Diagnostics;

namespace Tickets.Acceptance.Running;

internal static class Eventually
{
    /// <summary>Asks until it is so; fails after the limit (60 s; it is there to end a test that is broken, not to measure).</summary>
    /// <returns>How long it took.</returns>
    public static async Task<TimeSpan> IsAsync(Func<Task<bool>> isSo, TimeSpan? limit = null)
    {
        var waited = Stopwatch.StartNew();
        for (var asked = 1; !await isSo(); asked++)
        {
            Assert.True(waited.Elapsed < (limit ?? TimeSpan.FromSeconds(60)), $"It was still not so after {waited.Elapsed.TotalSeconds:0.0} s.");
            await PauseAsync(asked);
        }

        return waited.Elapsed;
    }

    /// <summary>Asks until what comes is as wanted, for a minute; a slow machine is no fault.</summary>
    /// <returns>What came last.</returns>
    public static async Task<T> GetAsync<T>(Func<Task<T>> get, Func<T, bool> isWanted)
    {
        var waited = Stopwatch.StartNew();
        for (var asked = 1; ; asked++)
        {
            var got = await get();
            if (isWanted(got))
                return got;
            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(1), $"It was still not so after {waited.Elapsed.TotalSeconds:0.0} s: {got}");
            await PauseAsync(asked);
        }
    }

    /// <summary>Ever longer: eight tests at once that ask all the time would keep the machine from what they wait for.</summary>
    private static Task PauseAsync(int asked) => Task.Delay(TimeSpan.FromMilliseconds(Math.Min(20 * asked, 250)));
}
