using FsCheck;
using FsCheck.Fluent;
using Tickets.Core.Workflows;

namespace Tickets.Tests.Workflows;

public class TransitionTests
{
    [Theory]
    [InlineData("closed", "closed", ResolutionRule.Free, null)]
    [InlineData("closed+", "closed", ResolutionRule.MustSet, null)]
    [InlineData("closed+fixed", "closed", ResolutionRule.MustSet, "fixed")]
    [InlineData("open-", "open", ResolutionRule.MustClear, null)]
    [InlineData("in-work", "in-work", ResolutionRule.Free, null)]
    [InlineData("in-work-", "in-work", ResolutionRule.MustClear, null)]
    [InlineData("closed+not-mine", "closed", ResolutionRule.MustSet, "not-mine")]
    public void A_transition_reads_as_the_workflow_writes_it(string text, string to, ResolutionRule rule, string? resolution)
    {
        Assert.Equal(new Transition(to, rule, resolution), Transition.Parse(text));
        Assert.Equal(text, Transition.Parse(text).ToString());
    }

    [Fact]
    public void Every_text_is_read_and_written_back() =>
        Prop.ForAll<NonEmptyString>(text => Transition.Parse(text.Get).ToString() == text.Get).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("a")]
    [InlineData("a.b_c")]
    [InlineData("in-work")]
    [InlineData("решено")]
    [InlineData("1")]
    public void A_status_may_be_named_so(string name) => Assert.True(Names.IsStatus(name));

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("a-")]
    [InlineData("-a")]
    [InlineData("a+b")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("a\0")]
    [InlineData("a/b")]
    public void A_status_may_not_be_named_so(string name) => Assert.False(Names.IsStatus(name));

    [Theory]
    [InlineData("a\n", false)]
    [InlineData("a/b-c_d.e", true)]
    [InlineData("a//b", false)]
    [InlineData("/a", false)]
    [InlineData("a/", false)]
    [InlineData("", false)]
    [InlineData("é", false)]
    public void A_path_is_parts_parted_by_slashes(string name, bool good) => Assert.Equal(good, Names.IsPath(name));

    [Fact]
    public void Names_end_where_their_alphabets_end()
    {
        Assert.True(Names.IsBlock(new string('a', 64)));
        Assert.False(Names.IsBlock(new string('a', 65)));
        Assert.False(Names.IsBlock("a\n"));
        Assert.True(Names.IsPath(new string('a', 128)));
        Assert.False(Names.IsPath(new string('a', 129)));
        Assert.False(Names.IsField("1a"));
        Assert.False(Names.IsField("a\n"));
    }
}
