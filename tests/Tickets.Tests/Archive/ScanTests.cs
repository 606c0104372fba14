using System.Text;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Scan;

namespace Tickets.Tests.Archive;

[Collection(nameof(ArchiveStack))]
public class ScanTests(ArchiveStack stack)
{
    private const string Document =
        """{"ticket_id":"7","queue":"q","status":"closed","resolution":null,"group":"night \"x\"","accepted_by":null,"parent_id":"41","version":3,"indexed_meta":{"cost":-5,"state":"Ünïon"},"meta":{"status":{"version":1,"data":{"status":"open","cost":9}}}}""";

    private static readonly DateOnly Day = ColdScenes.Day;
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void A_filter_decides_by_the_members_of_the_ticket_and_not_by_what_its_blocks_hold()
    {
        Assert.True(Matches());
        Assert.True(Matches(new("status", false, "closed"), new("parent_id", false, "41"), new("group", false, "night \"x\"")));
        Assert.False(Matches(new ScanTest("status", false, "open")));
        Assert.True(Matches(new("resolution", false, null, IsSet: false), new("ticket_id", false, "7")));
        Assert.False(Matches(new ScanTest("resolution", false, null)));
        Assert.False(Matches(new ScanTest("resolution", false, "fixed")));
        Assert.True(Matches(new("cost", true, -5), new("state", true, "Ünïon")));
        Assert.False(Matches(new ScanTest("cost", true, 9)));
        Assert.False(Matches(new("cost", true, -5), new("state", true, "x")));
        Assert.True(Matches(new("cost", true, -5), new("speed", true, null, IsSet: false)));
        Assert.False(Matches(new ScanTest("speed", true, 1)));
        Assert.False(Matches(new ScanTest("cost", true, null, IsSet: false)));
        Assert.False(Matches(new ScanTest("cost", true, "-5x")));

        static bool Matches(params ScanTest[] tests) => new ScanFilter(tests).Matches(Encoding.UTF8.GetBytes(Document));
    }

    [Fact]
    public void A_plan_keeps_parts_together_that_may_hold_copies_of_one_ticket_and_cuts_between_the_others()
    {
        var day = ColdDay.Empty(Day) with { Parts = [Part(1, 0, 9), Part(2, 5, 19), Part(3, 20, 29), Part(4, 40, 49) with { Pending = "hot-0" }] };
        var units = ScanPlan.Units([day, ColdDay.Empty(Day.AddDays(1)) with { Parts = [Part(5, 0, 9)] }, ColdDay.Empty(Day.AddDays(2))], bytesPerUnit: 1_000);
        Assert.Equal([new ScanRange(Day, 0, 19, 4, 2_000)], units[0]);
        Assert.Equal([new ScanRange(Day, 20, 29, 2, 1_000)], units[1]);
        Assert.Equal([new ScanRange(Day.AddDays(1), 0, 9, 2, 1_000)], units[2]);
        Assert.Equal(3, units.Count);
        Assert.Equal(3, Assert.Single(ScanPlan.Units([day with { Parts = [Part(1, 0, 1), Part(2, 2, 3), Part(3, 4, 5)] }], 1 << 20)).Count);

        static DayPart Part(ulong id, long min, long max) => new(PartName.Format(id), min, max, 2, 1_000, 5_000, "", 1, 1, null);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_scan_goes_on_over_parts_that_are_replaced_under_it_and_sees_each_ticket_once(int opened)
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        scene.Options = scene.Options with { RetiredGrace = TimeSpan.Zero };
        for (var i = 0; i < 4; i++)
            await scene.PutPartAsync(Day, Enumerable.Range(0, 100).Select(n => (long)((n * 4) + i)), $"part {i}");
        await scene.PutPartAsync(Day, [4, 8], "newer");
        var replaced = 0;
        var watch = new StorageWatch(async message =>
        {
            // Planned, the row read, and then all parts are replaced and swept before the first one is opened, or when some tickets have been told.
            if (message.Request.Method == Azure.Core.RequestMethod.Get && message.Request.Uri.ToString().Contains(".jsonl.gz", StringComparison.Ordinal) && Interlocked.Increment(ref replaced) == opened)
            {
                await scene.Process().Compaction.CompactDayAsync(scene.Queue.Name, Day, CompactionRule.All, Cancel);
                await scene.Process().Sweep.DeleteRetiredAsync(scene.Queue.Name, Cancel);
            }
        });
        var process = scene.Process(watch);
        var scan = new ColdScan(process.Shards, process.Parts);
        var range = Assert.Single(Assert.Single(await scan.PlanAsync(scene.Queue.Name, Day, Day, 1 << 20, Cancel)));
        var found = new List<long>();
        var tally = await scan.ReadAsync(scene.Queue.Name, range, new ScanFilter([]), (id, _) => { found.Add(id); return ValueTask.CompletedTask; }, Cancel);
        Assert.Equal(Enumerable.Range(0, 400).Select(n => (long)n), found);
        Assert.Equal((400, 400), (tally.Tickets, tally.Matched));
    }
}
