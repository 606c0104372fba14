using Tickets.Chaos.Checkers;
using Tickets.Chaos.Histories;
using static Tickets.Tests.Chaos.Histories;

namespace Tickets.Tests.Chaos;

public class TicketRegisterTests
{
    [Fact]
    public void A_history_as_it_should_be_is_taken()
    {
        Assert.Empty(Check(
            ["a", "b", "c"],
            Create("a", 0, 1), Update("b", 1, 2, 6), Read("a", 1, 3, 4), Read("b", 2, 4, 5), Update("x", 1, 3, 7, EventKind.Fail), Update("c", 2, 7, 8), Read("c", 3, 9, 10)));
    }

    [Theory]
    [InlineData("a", "b")]
    [InlineData("a")]
    public void An_unknown_outcome_may_be_there_or_not(params string[] log)
    {
        Assert.Empty(Check(log, Create("a", 0, 1), Update("b", 1, 2, 3, EventKind.Unknown), Read("a", 1, 4, 5)));
    }

    [Fact]
    public void A_lost_acknowledged_write_is_found() => Rejects("lost", ["a"], Create("a", 0, 1), Update("b", 1, 2, 3));

    [Fact]
    public void A_refused_write_that_was_done_is_found() => Rejects("was refused and is there", ["a", "b"], Create("a", 0, 1), Update("b", 1, 2, 3, EventKind.Fail));

    [Fact]
    public void A_write_that_was_done_twice_is_found() => Rejects("was done 2 times", ["a", "b", "b"], Create("a", 0, 1), Update("b", 1, 2, 3, EventKind.Unknown));

    [Fact]
    public void A_write_that_came_where_another_was_expected_is_found() =>
        Rejects("asked for version 1 and is version 3", ["a", "b", "c"], Create("a", 0, 1), Update("b", 1, 2, 9, EventKind.Unknown), Update("c", 1, 3, 9, EventKind.Unknown));

    [Fact]
    public void A_write_of_nobody_is_found() => Rejects("which nobody wrote", ["a", "z"], Create("a", 0, 1));

    [Fact]
    public void A_gap_in_the_versions_is_found() =>
        Assert.Contains(
            TicketRegister.Check([Create("a", 0, 1), Update("b", 2, 2, 3)], new Dictionary<string, IReadOnlyList<Written>> { ["t"] = [new(1, "a"), new(3, "b")] }),
            fault => fault.Contains("version 3 in the place of 2", StringComparison.Ordinal));

    [Fact]
    public void A_read_of_what_was_not_yet_there_or_never_is_found()
    {
        Rejects("saw z as version 1", ["a"], Create("a", 0, 1), Read("z", 1, 2, 3));
        Rejects("before", ["a", "b"], Create("a", 0, 1), Read("b", 2, 2, 3), Update("b", 1, 4, 5));
    }

    [Fact]
    public void A_read_that_goes_back_in_time_is_found()
    {
        Rejects("though", ["a", "b"], Create("a", 0, 1), Update("b", 1, 2, 3), Read("a", 1, 4, 5));
        Rejects("though", ["a", "b"], Create("a", 0, 1), Update("b", 1, 2, 9), Read("b", 2, 3, 4), Read("a", 1, 5, 6));
    }

    [Fact]
    public void Writes_in_another_order_than_in_real_time_are_found() =>
        Rejects("though", ["a", "c", "b"], Create("a", 0, 1), New("b", 2, 3, 3), New("c", 4, 5, 2));

    private static Operation New(string value, long from, long to, long version) => Update(value, version - 1, from, to) with { Expected = null };

    private static void Rejects(string because, string[] log, params Operation[] operations) =>
        Assert.Contains(Check(log, operations), fault => fault.Contains(because, StringComparison.Ordinal));

    private static IReadOnlyList<string> Check(string[] log, params Operation[] operations) =>
        TicketRegister.Check(operations, new Dictionary<string, IReadOnlyList<Written>> { ["t"] = [.. log.Select((value, i) => new Written(i + 1, value))] });
}
