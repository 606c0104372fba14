using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Requests;

namespace Tickets.Core.Ticketing.Rules;

/// <summary>The rules of ticket changes: pure functions of the ticket, the command, the workflow and the time.</summary>
internal static partial class Decide
{
    /// <summary>All or nothing (T4): every condition is looked at, then the transition, then everything is written.</summary>
    /// <returns>The change, without an op when the command asks for none; or 409, 412.</returns>
    public static Result<Change> Update(TicketState ticket, UpdateTicket command, DateTimeOffset now)
    {
        if (Conditions.Unmet(ticket, command) is { } unmet)
            return unmet;
        if (command.ChangesNothing)
            return new Change(ticket, ticket, [], []);

        var queue = command.MoveTo ?? ticket.Queue;
        var moved = queue.QueueId != ticket.Queue.QueueId;
        var resolution = command.UnsetResolution ? null : command.Resolution ?? ticket.Resolution;
        var status = command.Status ?? ticket.Status;
        var refusal = moved
            ? Transitions.RefusalOfArrival(queue.Workflow, ticket.Status, status, resolution)
            : Transitions.Refusal(queue.Workflow, ticket.Status, status, resolution, resolutionChanges: resolution != ticket.Resolution);
        if (refusal is not null)
            return refusal;

        var diff = new DiffWriter();
        if (moved)
            diff.Set("queue", queue.Name);
        if (status != ticket.Status)
            diff.Set("status", status);
        // A new status is a new piece of work: whoever took the last one has not taken this.
        var acceptedBy = status == ticket.Status ? ticket.AcceptedBy : null;
        if (acceptedBy != ticket.AcceptedBy)
            diff.Unset("accepted_by");
        WriteOptional(diff, "resolution", command.Resolution, command.UnsetResolution);
        WriteOptional(diff, "group", command.Group, command.UnsetGroup);

        var slots = ticket.Indexed;
        if (moved && SlotsAt(queue, ticket, command, out slots) is { } lost)
            return lost;
        slots = WriteFields(slots, command.Indexed);
        diff.Fields(command.Indexed);

        var blocks = WriteBlocks(ticket, command, diff, out var states);
        if (command.SetMeta.Count > 0 && states.Values.Count(block => block.Exists) > TicketFields.MaxBlocks)
            return Problems.Invalid("/set", $"A ticket has at most {TicketFields.MaxBlocks} meta blocks; with these it would have {states.Values.Count(block => block.Exists)}.");
        var closes = queue.Workflow.Statuses[status].Terminal;
        var after = ticket with
        {
            Queue = queue,
            Status = status,
            Resolution = resolution,
            Group = command.UnsetGroup ? null : command.Group ?? ticket.Group,
            AcceptedBy = acceptedBy,
            Version = ticket.Version + 1,
            UpdatedAt = now,
            ClosedAt = closes ? ticket.ClosedAt ?? now : null,
            Indexed = slots,
            Blocks = states,
        };
        return new Change(ticket, after, blocks, moved ? MoveOps(ticket, after) : [OpDraft.Of(OpKinds.Updated, after, diff.Finish())]);
    }

    /// <summary>A move is told to both queues: the old one hears that the ticket left, the new one hears all of the ticket.</summary>
    private static List<OpDraft> MoveOps(TicketState before, TicketState after)
    {
        var leaving = new DiffWriter();
        leaving.Set("queue", after.Queue.Name);
        return
        [
            OpDraft.Of(OpKinds.MovedOut, after with { Queue = before.Queue }, leaving.Finish()),
            OpDraft.Of(OpKinds.MovedIn, after, DiffWriter.WholeTicket(after)),
        ];
    }

    private static void WriteOptional(DiffWriter diff, string name, string? value, bool unset)
    {
        if (unset)
            diff.Unset(name);
        else if (value is not null)
            diff.Set(name, value);
    }

    private static List<BlockWrite> WriteBlocks(TicketState ticket, UpdateTicket command, DiffWriter diff, out System.Collections.Immutable.ImmutableDictionary<string, BlockState> states)
    {
        states = ticket.Blocks;
        var writes = new List<BlockWrite>(command.SetMeta.Count + command.UnsetMeta.Count);
        foreach (var (block, json) in command.SetMeta)
        {
            var version = ticket.Block(block).Version + 1;
            writes.Add(new BlockWrite(block, version, json));
            states = states.SetItem(block, new BlockState(version, true, json));
            diff.SetMeta(block, json);
        }

        foreach (var block in command.UnsetMeta)
        {
            diff.Unset($"meta.{block}");
            var before = ticket.Block(block);
            if (!before.Exists)
                continue;
            writes.Add(new BlockWrite(block, before.Version + 1, null));
            states = states.SetItem(block, new BlockState(before.Version + 1, false));
        }

        return writes;
    }

    /// <summary>Carries the indexed values over to another queue's workflow by field name.</summary>
    private static Problem? SlotsAt(QueueSettings target, TicketState ticket, UpdateTicket command, out IndexedSlots slots)
    {
        var numbers = IndexedSlots.Empty.Numbers.ToBuilder();
        var texts = IndexedSlots.Empty.Texts.ToBuilder();
        var errors = new List<ProblemError>();
        foreach (var field in ticket.Queue.Workflow.Fields.Values)
        {
            var (number, text) = (ticket.Indexed.Numbers[field.Slot - 1], ticket.Indexed.Texts[field.Slot - 1]);
            if ((field.IsText ? text is null : number is null) || command.UnsetForMove.Contains(field.Name))
                continue;
            if (!target.Workflow.Fields.TryGetValue(field.Name, out var there) || there.IsText != field.IsText)
                errors.Add(new ProblemError("/set/queue", $"Queue '{target.Name}' has no {(field.IsText ? "string" : "int64")} field '{field.Name}', which the ticket carries: unset indexed_meta.{field.Name} in the same update."));
            else if (field.IsText)
                texts[there.Slot - 1] = text;
            else
                numbers[there.Slot - 1] = number;
        }

        slots = new IndexedSlots(numbers.MoveToImmutable(), texts.MoveToImmutable());
        return errors.Count == 0 ? null : Problems.Invalid(errors);
    }
}
