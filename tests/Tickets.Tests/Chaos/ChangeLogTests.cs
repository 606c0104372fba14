using Tickets.Chaos.Checkers;

namespace Tickets.Tests.Chaos;

public class ChangeLogTests
{
    private static readonly LoggedOp[] Kept = [new("s", 1, "a"), new("s", 2, "b"), new("s", 3, "c"), new("r", 1, "d")];

    [Fact]
    public void A_log_as_it_should_be_is_taken_in_any_mixture_of_shards() => Assert.Empty(Check([Kept[3], Kept[0], Kept[1], Kept[2]]));

    [Fact]
    public void What_was_lost_is_found() => Rejects("never given s from 3 to 3", [Kept[0], Kept[1], Kept[3]]);

    [Fact]
    public void What_was_skipped_is_found() => Rejects("s/3 where 2 was next", [Kept[0], Kept[2], Kept[3]]);

    [Fact]
    public void What_was_reordered_is_found() => Rejects("s/2 where 1 was next", [Kept[1], Kept[0], Kept[2], Kept[3]]);

    [Fact]
    public void What_was_repeated_is_found() => Rejects("s/1 where 2 was next", [Kept[0], Kept[0], Kept[1], Kept[2], Kept[3]]);

    [Fact]
    public void Another_op_under_the_same_number_is_found() => Rejects("given x as s/2", [Kept[0], Kept[1] with { Mark = "x" }, Kept[2], Kept[3]]);

    [Fact]
    public void A_gap_in_what_is_kept_is_found() =>
        Assert.Contains(ChangeLog.Check([Kept[0], Kept[2]], [], [], new HashSet<string>()), fault => fault.Contains("s has 2 ops up to 3", StringComparison.Ordinal));

    [Fact]
    public void An_acknowledged_op_that_is_not_there_is_found() =>
        Assert.Contains(ChangeLog.Check(Kept, [], [new("s", 2, "z", 0, 1)], new HashSet<string>()), fault => fault.Contains("z was acknowledged as s/2, which is b", StringComparison.Ordinal));

    [Fact]
    public void An_acknowledged_op_that_is_nowhere_is_found() =>
        Assert.Equal("z was acknowledged and is lost", Assert.Single(ChangeLog.Check(Kept, [], [new(null, 0, "z", 0, 1)], new HashSet<string>())));

    [Fact]
    public void An_op_that_was_rolled_back_and_is_there_is_found() =>
        Assert.Contains(ChangeLog.Check(Kept, [], [], new HashSet<string> { "b" }), fault => fault.Contains("was rolled back", StringComparison.Ordinal));

    [Fact]
    public void Ops_in_another_order_than_in_real_time_are_found()
    {
        Assert.Empty(ChangeLog.Check(Kept, [], [new("s", 1, "a", 0, 5), new("s", 2, "b", 4, 6)], new HashSet<string>()));
        Assert.Contains(
            ChangeLog.Check(Kept, [], [new("s", 2, "b", 0, 3), new("s", 1, "a", 4, 6)], new HashSet<string>()), fault => fault.Contains("which was acknowledged before it was asked for", StringComparison.Ordinal));
    }

    private static void Rejects(string because, LoggedOp[] read) => Assert.Contains(Check(read), fault => fault.Contains(because, StringComparison.Ordinal));

    private static IReadOnlyList<string> Check(LoggedOp[] read) => ChangeLog.Check(Kept, [read], [], new HashSet<string>());
}
