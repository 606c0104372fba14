using System.Globalization;
using Tickets.Core.Platform;

namespace Tickets.Core.Ticketing.Rules;

internal static partial class Decide
{
    /// <summary>Acceptance by one of the group (L1). Accepting again by the same one changes nothing and is no fault: robots retry. A closed ticket is no work to accept.</summary>
    public static Result<Acceptance> Accept(TicketState ticket, AcceptTicket command, DateTimeOffset now)
    {
        if (ticket.AcceptedBy == command.By)
            return new Acceptance(null, ticket.Version);
        if (ticket.AcceptedBy is { } other)
            return Problems.AlreadyAccepted(other);
        if (ticket.ClosedAt is { } closed)
            return Problems.TicketClosed(ticket.TicketId.ToString(CultureInfo.InvariantCulture), closed);

        var diff = new DiffWriter();
        diff.Set("accepted_by", command.By);
        var after = ticket with { AcceptedBy = command.By, Version = ticket.Version + 1, UpdatedAt = now };
        return new Acceptance(new Change(ticket, after, [], [OpDraft.Of(OpKinds.Updated, after, diff.Finish())]), after.Version);
    }
}

/// <param name="Change">Null when the same one had accepted before.</param>
/// <param name="Version">The ticket's version afterwards.</param>
internal sealed record Acceptance(Change? Change, long Version);
