using System.Collections.Immutable;

namespace Tickets.Core.Ticketing.Rules;

internal static partial class Decide
{
    /// <summary>A new ticket; everything that could be wrong was found when the command was read.</summary>
    public static Change Create(CreateTicket command, DateTimeOffset now)
    {
        var createdAt = command.CreatedAt ?? now;
        var terminal = command.Queue.Workflow.Statuses[command.Status].Terminal;
        var state = new TicketState
        {
            TicketId = command.TicketId,
            Queue = command.Queue,
            Status = command.Status,
            Group = command.Group,
            ParentId = command.ParentId,
            Version = 1,
            CreatedAt = createdAt,
            UpdatedAt = now,
            ClosedAt = terminal ? now : null,
            Indexed = WriteFields(IndexedSlots.Empty, command.Indexed),
            Blocks = command.Meta.ToImmutableDictionary(meta => meta.Block, meta => new BlockState(1, true, meta.Json), StringComparer.Ordinal),
        };
        var blocks = command.Meta.Select(meta => new BlockWrite(meta.Block, 1, meta.Json)).ToList();
        return new Change(null, state, blocks, [OpDraft.Of(OpKinds.Created, state, DiffWriter.WholeTicket(state))]);
    }

    private static IndexedSlots WriteFields(IndexedSlots slots, IReadOnlyList<FieldWrite> writes)
    {
        if (writes.Count == 0)
            return slots;
        var numbers = slots.Numbers.ToBuilder();
        var texts = slots.Texts.ToBuilder();
        foreach (var (field, value) in writes)
        {
            if (field.IsText)
                texts[field.Slot - 1] = value?.Text;
            else
                numbers[field.Slot - 1] = value?.Number;
        }

        return new IndexedSlots(numbers.MoveToImmutable(), texts.MoveToImmutable());
    }
}
