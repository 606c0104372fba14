namespace Tickets.Tests.Hosting;

internal static class Eventually
{
    public static async Task True(Func<bool> condition, string what, int seconds = 10)
    {
        var until = DateTime.UtcNow.AddSeconds(seconds);
        while (!condition())
        {
            Assert.True(DateTime.UtcNow < until, $"not within {seconds} s: {what}");
            await Task.Delay(20);
        }
    }
}
