using FsCheck;
using FsCheck.Fluent;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Tests.Ticketing;

public class ConditionsTests
{
    /// <summary>Of a ticket in version 3, open, without resolution, with block a at 2 and a removed block b at 5.</summary>
    private static readonly (Expectation Expectation, bool Holds)[] Possible =
    [
        (new ExpectedVersion(3), true), (new ExpectedVersion(2), false), (new ExpectedVersion(4), false),
        (new ExpectedStatus("open"), true), (new ExpectedStatus("Open"), false), (new ExpectedStatus("done"), false),
        (new ExpectedResolution(null), true), (new ExpectedResolution("fixed"), false), (new ExpectedResolution(""), false),
        (new ExpectedBlock("a", 2, null), true), (new ExpectedBlock("a", 1, null), false), (new ExpectedBlock("a", 0, null), false),
        (new ExpectedBlock("a", null, true), true), (new ExpectedBlock("a", null, false), false), (new ExpectedBlock("a", 2, true), true), (new ExpectedBlock("a", 2, false), false),
        (new ExpectedBlock("b", null, false), true), (new ExpectedBlock("b", null, true), false), (new ExpectedBlock("b", 5, null), false),
        (new ExpectedBlock("c", null, false), true), (new ExpectedBlock("c", null, true), false), (new ExpectedBlock("c", 0, null), false),
    ];

    private static readonly TicketState Ticket = Samples.Ticket().WithBlocks(("a", new BlockState(2, true)), ("b", new BlockState(5, false)));

    [Fact]
    public void Exactly_the_conditions_that_do_not_hold_are_told_in_the_order_they_were_given() =>
        Prop.ForAll(Gen.SubListOf(Possible).ToArbitrary(), conditions =>
        {
            var command = Samples.Update(Ticket) with { Expected = [.. conditions.Select(condition => condition.Expectation)] };

            var told = Conditions.Unmet(Ticket, command)?.Unmet?.Select(unmet => unmet.Condition) ?? [];

            return told.SequenceEqual(conditions.Where(condition => !condition.Holds).Select(condition => condition.Expectation.Condition));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(1L, null, """{"version":1}""")]
    [InlineData(null, false, """{"exists":false}""")]
    [InlineData(1L, true, """{"version":1,"exists":true}""")]
    public void An_unmet_condition_on_a_block_is_told_with_every_part_that_was_given(long? version, bool? exists, string told)
    {
        var unmet = Assert.Single(Conditions.Unmet(Ticket, Samples.Update(Ticket) with { Expected = [new ExpectedBlock("a", version, exists)] })!.Unmet!);

        Assert.Equal((told, """{"version":2}"""), (unmet.Expected.GetRawText(), unmet.Actual.GetRawText()));
    }

    [Fact]
    public void An_unmet_If_Match_makes_it_412_and_an_unmet_condition_alone_409()
    {
        var command = Samples.Update(Ticket) with { Expected = [new ExpectedStatus("done")] };

        Assert.Equal(409, Conditions.Unmet(Ticket, command)!.Status);
        Assert.Equal(409, Conditions.Unmet(Ticket, command with { IfMatch = 3 })!.Status);
        Assert.Equal(412, Conditions.Unmet(Ticket, command with { IfMatch = 2 })!.Status);
        Assert.Null(Conditions.Unmet(Ticket, Samples.Update(Ticket) with { IfMatch = 3 }));
    }
}
