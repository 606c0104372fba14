using System.Collections.Immutable;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Tests.Ticketing;

public class DecideUpdateTests
{
    private static readonly TicketState Full = Samples.Ticket().WithBlocks(("a", new BlockState(2, true, "1")), ("b", new BlockState(5, false))) with
    {
        Status = "doing",
        Resolution = "fixed",
        Group = "night",
        AcceptedBy = "ada",
        ParentId = 9,
        Indexed = new IndexedSlots([5, null, 30, null, null], [null, "TX", null, null, null]),
    };

    [Fact]
    public void Every_accepted_update_is_one_version_and_its_diff_applied_to_the_ticket_gives_the_ticket_afterwards() =>
        Prop.ForAll(Updates().ToArbitrary(), command =>
        {
            var change = Decide.Update(Full, command, Samples.Now).Value!;
            var op = Assert.Single(change.Ops);

            Assert.Equal((Full.Version + 1, Samples.Now, Full.CreatedAt), (change.After.Version, change.After.UpdatedAt, change.After.CreatedAt));
            Assert.Equal((change.After.Version, change.After.Status, change.After.Resolution), (op.Version, op.Status, op.Resolution));
            Assert.Equal(Members(change.After), Applied(Members(Full), op.Diff));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void An_update_that_changes_nothing_is_no_version_and_no_op()
    {
        var change = Decide.Update(Full, Samples.Update(Full), Samples.Now).Value!;

        Assert.Empty(change.Ops);
        Assert.Same(Full, change.After);
    }

    [Fact]
    public void A_block_that_is_written_or_removed_is_one_version_further_and_no_other_changes() =>
        Prop.ForAll(Updates().ToArbitrary(), command =>
        {
            var change = Decide.Update(Full, command, Samples.Now).Value!;

            foreach (var block in new[] { "a", "b", "c" })
            {
                var removed = command.UnsetMeta.Contains(block) && Full.Block(block).Exists;
                var written = command.SetMeta.Any(meta => meta.Block == block);
                Assert.Equal(Full.Block(block).Version + (removed || written ? 1 : 0), change.After.Block(block).Version);
                Assert.Equal(written || (Full.Block(block).Exists && !removed), change.After.Block(block).Exists);
                Assert.Equal(written, change.Versions.Meta.ContainsKey(block));
            }
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("open", null, "gone", null, true)]
    [InlineData("open", null, "doing", null, false)]
    [InlineData("gone", null, "gone", null, true)]
    public void A_ticket_is_closed_while_its_status_is_terminal(string from, string? resolution, string to, string? next, bool closed)
    {
        var ticket = Samples.Ticket() with { Status = from, Resolution = resolution, ClosedAt = from == "gone" ? Samples.Then : null };

        var after = Decide.Update(ticket, Samples.Update(ticket) with { Status = to, Resolution = next }, Samples.Now).Value!.After;

        Assert.Equal(closed ? ticket.ClosedAt ?? Samples.Now : null, after.ClosedAt);
    }

    [Fact]
    public void A_step_between_two_terminal_statuses_keeps_the_time_of_closing_and_reopening_forgets_it()
    {
        var ticket = Samples.Ticket() with { Status = "done", Resolution = "lost", ClosedAt = Samples.Then };

        Assert.Equal(Samples.Then, Decide.Update(ticket, Samples.Update(ticket) with { Status = "gone" }, Samples.Now).Value!.After.ClosedAt);
        Assert.Null(Decide.Update(ticket, Samples.Update(ticket) with { Status = "open", UnsetResolution = true }, Samples.Now).Value!.After.ClosedAt);
    }

    [Fact]
    public void A_new_status_forgets_who_accepted_and_any_other_update_does_not()
    {
        Assert.Equal("ada", Decide.Update(Full, Samples.Update(Full) with { Status = "doing", Group = "day" }, Samples.Now).Value!.After.AcceptedBy);
        Assert.Null(Decide.Update(Full, Samples.Update(Full) with { Status = "done" }, Samples.Now).Value!.After.AcceptedBy);
    }

    [Fact]
    public void Unmet_conditions_come_before_the_transition()
    {
        var command = Samples.Update(Full) with { Status = "gone", Expected = [new ExpectedVersion(1)] };

        Assert.Equal(ProblemCodes.UnmetConditions, Decide.Update(Full, command, Samples.Now).Problem!.Code);
        Assert.Equal(ProblemCodes.TransitionNotAllowed, Decide.Update(Full, command with { Expected = [] }, Samples.Now).Problem!.Code);
    }

    [Fact]
    public void A_move_carries_the_fields_by_their_names_into_the_new_queues_slots()
    {
        var target = Samples.QueueOf(2, "other", Samples.Statuses, """{"state": {"type": "string", "slot": 5}, "cost": {"type": "int64", "slot": 4}, "miles": {"type": "int64", "slot": 1}}""");

        var change = Decide.Update(Full, Samples.Update(Full) with { MoveTo = target }, Samples.Now).Value!;

        Assert.Equal(new long?[] { 30, null, null, 5, null }, change.After.Indexed.Numbers);
        Assert.Equal(new[] { null, null, null, null, "TX" }, change.After.Indexed.Texts);
        Assert.Equal([(OpKinds.MovedOut, 1), (OpKinds.MovedIn, 2)], change.Ops.Select(op => (op.Kind, op.QueueId)));
        Assert.Equal(Members(change.After).Where(member => member.Key != "queue"), Applied([], change.Ops[1].Diff));
    }

    [Fact]
    public void A_move_loses_no_field_unless_it_is_unset()
    {
        var target = Samples.QueueOf(2, "other", Samples.Statuses, """{"cost": {"type": "string", "slot": 1}, "miles": {"type": "int64", "slot": 3}}""");
        var move = Samples.Update(Full) with { MoveTo = target };

        var refused = Decide.Update(Full, move, Samples.Now).Problem!;
        Assert.Equal((400, 2), (refused.Status, refused.Errors!.Count));

        var moved = Decide.Update(Full, move with { UnsetForMove = ["cost", "state"] }, Samples.Now).Value!.After;
        Assert.Equal(new long?[] { null, null, 30, null, null }, moved.Indexed.Numbers);
    }

    [Fact]
    public void A_move_to_a_workflow_without_the_status_is_refused_unless_one_of_its_own_is_set()
    {
        var target = Samples.QueueOf(2, "other", """ "initial": "new", "statuses": {"new": {"to": ["end"]}, "end": {"terminal": true, "resolutions": ["fixed"]}} """);
        var ticket = Samples.Ticket() with { Resolution = "fixed" };
        var move = Samples.Update(ticket) with { MoveTo = target };

        var refused = Decide.Update(ticket, move, Samples.Now).Problem!;
        Assert.Equal((409, ProblemCodes.TransitionNotAllowed), (refused.Status, refused.Code));
        Assert.Equal(["end", "new"], refused.Allowed!.Order());

        var after = Decide.Update(ticket, move with { Status = "end" }, Samples.Now).Value!.After;
        Assert.Equal((target, "end", Samples.Now), (after.Queue, after.Status, after.ClosedAt));
    }

    /// <summary>Updates of <see cref="Full"/> that its workflow allows.</summary>
    private static Gen<UpdateTicket> Updates() => AllUpdates().Where(command => !command.ChangesNothing);

    private static Gen<UpdateTicket> AllUpdates() =>
        from status in Gen.Elements<string?>(null, "doing", "done", "doing2")
        from @group in Gen.Elements<string?>(null, "day")
        from unsetGroup in Gen.Elements(true, false)
        from set in Gen.SubListOf(new MetaWrite("a", "[1]"), new MetaWrite("b", "null"), new MetaWrite("c", "{\"x\":\"é\"}"))
        from unset in Gen.SubListOf("a", "b", "c", "never")
        from fields in Gen.SubListOf(
            new FieldWrite(Samples.Field("cost"), null), new FieldWrite(Samples.Field("miles"), long.MinValue), new FieldWrite(Samples.Field("state"), "CA"))
        select Samples.Update(Full) with
        {
            Status = status,
            Group = unsetGroup ? null : @group,
            UnsetGroup = unsetGroup,
            SetMeta = [.. set],
            UnsetMeta = [.. unset.Where(block => !set.Any(meta => meta.Block == block))],
            Indexed = [.. fields],
        };

    /// <summary>A ticket as its readers see it, by the names that diffs use.</summary>
    private static SortedDictionary<string, string> Members(TicketState ticket)
    {
        var members = new SortedDictionary<string, string>(StringComparer.Ordinal);
        void Set(string name, object? value)
        {
            if (value is not null)
                members[name] = JsonSerializer.Serialize(value);
        }

        Set("status", ticket.Status);
        Set("resolution", ticket.Resolution);
        Set("group", ticket.Group);
        Set("accepted_by", ticket.AcceptedBy);
        Set("parent_id", ticket.ParentId?.ToString());
        Set("created_at", Core.Platform.Json.Rfc3339.Format(ticket.CreatedAt));
        foreach (var field in ticket.Queue.Workflow.Fields.Values)
            Set($"indexed_meta.{field.Name}", field.ValueIn(ticket.Indexed) is { } value ? value.Text is { } text ? text : value.Number : null);
        foreach (var (name, block) in ticket.Blocks.Where(block => block.Value.Exists))
            members[$"meta.{name}"] = block.Json!;
        return members;
    }

    private static SortedDictionary<string, string> Applied(SortedDictionary<string, string> members, string diff)
    {
        var json = JsonElement.Parse(diff);
        foreach (var set in json.GetProperty("set").EnumerateObject())
            members[set.Name] = set.Name.StartsWith("meta.", StringComparison.Ordinal) ? set.Value.GetRawText() : JsonSerializer.Serialize(set.Value);
        if (json.TryGetProperty("unset", out var unset))
        {
            foreach (var name in unset.EnumerateArray())
                members.Remove(name.GetString()!);
        }

        return members;
    }
}
