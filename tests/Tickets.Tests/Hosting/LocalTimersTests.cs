using Microsoft.Extensions.Logging;

namespace Tickets.Tests.Hosting;

public class LocalTimersTests
{
    [Fact]
    public async Task A_failed_run_is_logged_and_the_next_tick_runs()
    {
        var runs = 0;
        await using var app = await TestApp.Start(functions => functions.MapTimer("Sweep", "* * * * * *", (_, timer, _) =>
        {
            if (Interlocked.Increment(ref runs) == 1)
                throw new InvalidOperationException("the first one fails");
            timer.Log.Add("swept");
            return Task.CompletedTask;
        }));

        await Eventually.True(() => app.Log.Lines.Any(l => l is { Id: 121, Text: "Sweep: swept" }), "a second run");
        Assert.Contains(app.Log.Lines, l => l is { Id: 120, Level: LogLevel.Error, Exception: InvalidOperationException });
    }

    [Fact]
    public async Task Runs_of_one_timer_never_overlap_and_do_not_hold_up_another()
    {
        var running = 0;
        var overlapped = false;
        var (slow, quick) = (0, 0);
        await using (var app = await TestApp.Start(functions =>
        {
            functions.MapTimer("Slow", "* * * * * *", async (_, _, cancellation) =>
            {
                overlapped |= Interlocked.Increment(ref running) > 1;
                slow++;
                await Task.Delay(TimeSpan.FromSeconds(1.2), cancellation);
                Interlocked.Decrement(ref running);
            });
            functions.MapTimer("Quick", "* * * * * *", (_, _, _) => Task.FromResult(quick++));
        }))
        {
            await Eventually.True(() => slow >= 2 && quick > slow, "two slow runs and more quick ones");
        }

        Assert.False(overlapped);
    }

    [Fact]
    public async Task A_timer_that_is_disabled_as_the_host_knows_it_does_not_run()
    {
        var ran = false;
        var tick = new TaskCompletionSource();
        await using var app = await TestApp.Start(
            functions =>
            {
                functions.MapTimer("Sweep", "* * * * * *", (_, _, _) => Task.FromResult(ran = true));
                functions.MapTimer("Other", "* * * * * *", (_, _, _) => Task.FromResult(tick.TrySetResult()));
            },
            settings: ["--AzureWebJobs.Sweep.Disabled=true"]);

        await tick.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.False(ran);
    }

    [Fact]
    public async Task Under_the_functions_host_no_timer_runs_by_itself()
    {
        var ran = false;
        var tick = new TaskCompletionSource();
        await using var host = await TestApp.Start(functions => functions.MapTimer("Sweep", "* * * * * *", (_, _, _) => Task.FromResult(ran = true)), underHost: true);
        await using var alone = await TestApp.Start(functions => functions.MapTimer("Sweep", "* * * * * *", (_, _, _) =>
        {
            tick.TrySetResult();
            return Task.CompletedTask;
        }));

        await tick.Task.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.False(ran);
    }

    [Fact]
    public async Task Stopping_the_app_cancels_a_run()
    {
        var started = new TaskCompletionSource();
        var cancelled = false;
        await using (var app = await TestApp.Start(functions => functions.MapTimer("Sweep", "* * * * * *", async (_, _, cancellation) =>
        {
            started.TrySetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }
            catch (OperationCanceledException)
            {
                cancelled = true;
                throw;
            }
        })))
        {
            await started.Task.WaitAsync(TimeSpan.FromSeconds(60));
        }

        Assert.True(cancelled);
    }
}
