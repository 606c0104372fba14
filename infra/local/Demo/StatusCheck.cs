using Tickets.Client;
using Tickets.Contracts;

namespace Tickets.Local.Demo;

/// <summary>Searches each status, all pages of it, and holds what is found against what must be there.</summary>
internal sealed class StatusCheck(TicketsClient client, string queue)
{
    /// <param name="expected">Ticket ids by status.</param>
    /// <param name="cancel">Stops searching.</param>
    /// <returns>A sentence for each status that has other tickets.</returns>
    public async Task<IReadOnlyList<string>> FaultsAsync(IReadOnlyDictionary<string, IReadOnlyList<string>> expected, CancellationToken cancel)
    {
        List<string> faults = [];
        foreach (var (status, wanted) in expected)
        {
            var request = new FindTicketsRequest { Query = new TicketQuery { Queue = queue, Status = status }, Projection = ["ticket_id"], Limit = 1000 };
            var found = await client.FindAllAsync(request, cancel).Select(ticket => ticket.TicketId!).ToListAsync(cancel);
            var (missing, extra, doubled) = (wanted.Except(found).Count(), found.Except(wanted).Count(), found.Count - found.Distinct().Count());
            if (missing + extra + doubled > 0)
                faults.Add($"{status}: {found.Count:N0} found where {wanted.Count:N0} are expected ({missing:N0} missing, {extra:N0} that do not belong there, {doubled:N0} twice)");
        }

        return faults;
    }
}
