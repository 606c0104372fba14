using Tickets.Chaos.Checkers;
using Tickets.Chaos.Histories;
using Tickets.Tests.Client;

namespace Tickets.Tests.Chaos;

public class CheckerTests
{
    [Fact]
    public void One_key_with_one_effect_and_equal_answers_is_taken() => Assert.Empty(Check([new("a", ["1", "1"]), new("b", ["2"])], "a", "b"));

    [Fact]
    public void A_key_with_two_effects_none_or_different_answers_is_found()
    {
        Assert.Equal("a has 2 effects", Assert.Single(Check([new("a", ["1"])], "a", "a")));
        Assert.Equal("a has 0 effects", Assert.Single(Check([new("a", ["1"])])));
        Assert.Equal("a was answered 1 and 2", Assert.Single(Check([new("a", ["1", "2"])], "a")));
        Assert.Equal("a was never answered with a 200", Assert.Single(Check([new("a", [])], "a")));
        Assert.Equal("there is an effect z, which nobody asked for", Assert.Single(Check([new("a", ["1"])], "a", "z")));
    }

    [Fact]
    public void The_first_write_after_a_fault_is_measured_from_the_faults_end()
    {
        var fault = Histories.Update("fault", 0, 10, 100);
        Operation[] work = [Histories.Update("during", 1, 20, 50), Histories.Read("r", 1, 101, 102), Histories.Update("refused", 1, 105, 110, EventKind.Fail), Histories.Update("first", 1, 60, 150)];

        Assert.Equal(TimeSpan.FromMicroseconds(50), Assert.Single(Recovery.FirstWrites(work, [fault])));
        Assert.Null(Assert.Single(Recovery.FirstWrites(work[..3], [fault])));
    }

    [Fact]
    public void What_grows_is_told_from_what_only_wavers()
    {
        Assert.InRange(Flatness.Growth([.. Enumerable.Range(0, 100).Select(i => 50.0 + (i % 7))])!.Value, 0.95, 1.05);
        Assert.True(Flatness.Growth([.. Enumerable.Range(0, 100).Select(i => 50.0 + i)]) > 1.4);
        Assert.InRange(Flatness.Growth([.. Enumerable.Range(0, 100).Select(i => i < 8 ? 1.0 : 50)])!.Value, 1, 1);
        Assert.Null(Flatness.Growth([1, 2, 3]));
    }

    [Fact]
    public void A_history_is_read_back_from_its_file_and_what_never_ended_is_unknown()
    {
        using var folder = new TemporaryFolder();
        var path = folder.At("history.jsonl");
        using (var history = new History(path))
        {
            var first = history.Begin(1, "update", "t", "v", 4);
            var second = history.Begin(2, "read", "t");
            history.End(first, 1, EventKind.Ok, "update", "t", "v", 5);
            Assert.Equal(2, second);
            Assert.Equal(3, history.Events().Count);
        }

        var operations = Operation.Of(History.Read(path));
        Assert.Equal([(EventKind.Ok, 5L, 4L)], operations.Where(each => each.Op == "update").Select(each => (each.Outcome, each.Version!.Value, each.Expected!.Value)));
        Assert.Equal((EventKind.Unknown, long.MaxValue), operations.Where(each => each.Op == "read").Select(each => (each.Outcome, each.Ended)).Single());
    }

    private static IReadOnlyList<string> Check(Repeated[] requests, params string[] effects) => Effects.Check(requests, effects, (one, other) => one == other);
}
