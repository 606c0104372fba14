using Tickets.Contracts;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Tests.Ticketing;

public class DecideCreateTests
{
    [Fact]
    public void A_new_ticket_is_version_one_with_blocks_of_version_one_and_tells_all_that_it_has()
    {
        var change = Decide.Create(
            new CreateTicket(Samples.Queue, 7)
            {
                Status = "doing",
                Group = "night",
                ParentId = 9,
                Meta = [new MetaWrite("a", "{\"n\":1.50}"), new MetaWrite("b", "null")],
                Indexed = [new FieldWrite(Samples.Field("cost"), 5), new FieldWrite(Samples.Field("state"), "TX")],
            },
            Samples.Now);

        Assert.Null(change.Before);
        Assert.Equal((1L, 7L, Samples.Now, Samples.Now), (change.After.Version, change.After.TicketId, change.After.CreatedAt, change.After.UpdatedAt));
        Assert.Equal([("a", 1L), ("b", 1L)], change.Versions.Meta.Select(block => (block.Key, block.Value)).Order());
        var op = Assert.Single(change.Ops);
        Assert.Equal((OpKinds.Created, 1L), (op.Kind, op.Version));
        Assert.True(System.Text.Json.JsonElement.DeepEquals(
            System.Text.Json.JsonElement.Parse("""
                {"set": {"status": "doing", "group": "night", "parent_id": "9", "created_at": "2026-01-31T08:30:00.000000Z", "indexed_meta.cost": 5, "indexed_meta.state": "TX", "meta.a": {"n": 1.50}, "meta.b": null}}
                """),
            System.Text.Json.JsonElement.Parse(op.Diff)));
    }

    [Theory]
    [InlineData("open", false)]
    [InlineData("gone", true)]
    public void A_ticket_that_begins_in_a_terminal_status_is_closed_now_whenever_it_was_created(string status, bool closed)
    {
        var after = Decide.Create(new CreateTicket(Samples.Queue, 7) { Status = status, CreatedAt = Samples.Then }, Samples.Now).After;

        Assert.Equal((Samples.Then, Samples.Now, closed ? Samples.Now : default(DateTimeOffset?)), (after.CreatedAt, after.UpdatedAt, after.ClosedAt));
    }

    [Fact]
    public void A_ticket_is_accepted_once_and_again_only_by_the_same_one()
    {
        var accepted = Decide.Accept(Samples.Ticket(), new AcceptTicket(Samples.Queue, 7, "ada"), Samples.Now).Value!;
        var ticket = accepted.Change!.After;

        Assert.Equal(("ada", 4L, 4L), (ticket.AcceptedBy, ticket.Version, accepted.Version));
        var again = Decide.Accept(ticket, new AcceptTicket(Samples.Queue, 7, "ada"), Samples.Now).Value!;
        Assert.Equal((null, 4L), (again.Change, again.Version));
        var refused = Decide.Accept(ticket, new AcceptTicket(Samples.Queue, 7, "bob"), Samples.Now).Problem!;
        Assert.Equal((ProblemCodes.AlreadyAccepted, "ada"), (refused.Code, refused.AcceptedBy));
    }
}
