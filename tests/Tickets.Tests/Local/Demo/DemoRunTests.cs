using Spectre.Console;
using Tickets.Local;
using Tickets.Local.Demo;

namespace Tickets.Tests.Local.Demo;

public sealed class DemoRunTests
{
    private const int Reports = 300;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reports_live_a_whole_ticket_life_and_every_check_holds()
    {
        await using var stack = await LocalStack.StartAsync(LocalStackOptions.ForTests() with { WithApp = true }, Cancel);
        var progress = new DemoProgress.Lines(TestContext.Current.TestOutputHelper!.WriteLine);
        using var demo = new DemoRun(stack, await DemoFiles.ReportsAsync(Cancel), progress) { Reports = Reports, ReadBack = 50 };

        var result = await demo.RunAsync(Cancel);

        Assert.All(result.Checks, check => Assert.Empty(check.Faults));
        Assert.Equal(13, result.Checks.Count);
        // And the one that the refusals were tried on.
        Assert.Equal(Reports + 1, result.TicketsByStatus.Values.Sum());
        Assert.True(result.TicketsByStatus["closed"] > Reports / 2);
        Assert.Equal(result.TicketsByStatus["closed"], result.Cold.Tickets);
        Assert.Equal(50, result.StorageRequests.Count);
        Assert.InRange(result.Cold.Bytes, 1, result.Cold.RawBytes);
    }

    [Fact]
    public void A_check_that_fails_is_named_with_its_faults()
    {
        var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(output) });
        var result = new DemoResult([], new Dictionary<string, int>(), [], new ColdStorage(0, 0, 0, 0), [new Check("Water is wet", []), new Check("Pigs fly", ["they [do] not"])]);

        DemoTable.Write(console, result);

        Assert.False(result.Holds);
        Assert.Contains("holds   Water is wet", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("FAILED  Pigs fly", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("they [do] not", output.ToString(), StringComparison.Ordinal);
    }
}
