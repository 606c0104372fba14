using System.Collections.Immutable;

namespace Tickets.Chaos.Model;

/// <param name="Exists">A block that was dropped keeps its version, and goes on from it.</param>
internal sealed record ModelBlock(long Version, bool Exists, string? Text);

/// <summary>A ticket as the documents say that it must be.</summary>
internal sealed record ModelTicket(string Id, int Queue, string Status, string? Resolution, string? AcceptedBy, long Version, long? Number, ImmutableDictionary<string, ModelBlock> Blocks);

/// <param name="Status">Of HTTP.</param>
/// <param name="Code">Of a problem.</param>
/// <param name="Version">Of the ticket after a 200.</param>
internal sealed record Expected(int Status, string? Code = null, long? Version = null);

/// <summary>All tickets, in memory, by the rules of the workflow in <see cref="Running.Scene"/>; written from the documents and not from the code.</summary>
internal sealed class TicketModel
{
    private readonly List<ModelTicket> _tickets = [];

    public int Count => _tickets.Count;

    public IReadOnlyList<ModelTicket> Tickets => _tickets;

    public ModelTicket At(int ticket) => _tickets[IndexOf(ticket)];

    public void Created(string id, Create create) => _tickets.Add(new ModelTicket(
        id, create.Queue, "open", null, null, 1, create.Number,
        create.Block is null ? ImmutableDictionary<string, ModelBlock>.Empty : ImmutableDictionary<string, ModelBlock>.Empty.Add(create.Block, new ModelBlock(1, true, "new"))));

    public Expected Apply(Update update)
    {
        var ticket = At(update.Ticket);
        if (update.VersionOff is not (null or 0))
            return new Expected(409, "unmet_conditions");
        if (update is { Status: null, Resolution: null, Clear: false, Block: null, Drop: null, Number: null, Move: false })
            return new Expected(200, Version: ticket.Version);
        var status = update.Status ?? ticket.Status;
        var resolution = update.Clear ? null : update.Resolution ?? ticket.Resolution;
        if (IsRefused(ticket, status, resolution, update.Move))
            return new Expected(409, "transition_not_allowed");

        var blocks = ticket.Blocks;
        if (update.Block is { } set)
            blocks = blocks.SetItem(set, new ModelBlock((blocks.GetValueOrDefault(set)?.Version ?? 0) + 1, true, $"v{ticket.Version}"));
        if (update.Drop is { } dropped && blocks.GetValueOrDefault(dropped) is { Exists: true } before)
            blocks = blocks.SetItem(dropped, new ModelBlock(before.Version + 1, false, null));
        _tickets[IndexOf(update.Ticket)] = ticket with
        {
            Queue = update.Move ? 1 - ticket.Queue : ticket.Queue,
            Status = status,
            Resolution = resolution,
            AcceptedBy = status == ticket.Status ? ticket.AcceptedBy : null,
            Version = ticket.Version + 1,
            Number = update.Number ?? ticket.Number,
            Blocks = blocks,
        };
        return new Expected(200, Version: ticket.Version + 1);
    }

    public Expected Apply(Accept accept)
    {
        var ticket = At(accept.Ticket);
        if (ticket.AcceptedBy == accept.By)
            return new Expected(200, Version: ticket.Version);
        if (ticket.AcceptedBy is not null)
            return new Expected(409, "already_accepted");
        if (ticket.Status == "closed")
            return new Expected(409, "unmet_conditions");
        _tickets[IndexOf(accept.Ticket)] = ticket with { AcceptedBy = accept.By, Version = ticket.Version + 1 };
        return new Expected(200, Version: ticket.Version + 1);
    }

    /// <returns>Ids in the order in which a search answers them.</returns>
    public IReadOnlyList<string> Find(Find find) =>
        [.. _tickets.Where(ticket => ticket.Queue == find.Queue && ticket.Number == find.Number).Select(ticket => ticket.Id).OrderBy(id => id.Length).ThenBy(id => id, StringComparer.Ordinal)];

    private int IndexOf(int ticket) => ticket % _tickets.Count;

    /// <summary>open → busy, closed; busy → open, closed; closed → open, with the resolution cleared. Closed asks for a resolution. A move asks for no step.</summary>
    private static bool IsRefused(ModelTicket ticket, string status, string? resolution, bool moves)
    {
        if (!moves && status != ticket.Status)
        {
            if (ticket.Status == "closed" && (status != "open" || resolution is not null))
                return true;
        }

        var looksAtResolution = moves || status != ticket.Status || resolution != ticket.Resolution;
        return looksAtResolution && status == "closed" && resolution is null;
    }
}
