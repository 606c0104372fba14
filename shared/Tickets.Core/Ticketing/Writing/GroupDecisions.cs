using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Ticketing.Lifecycle;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing.Writing;

/// <summary>
/// Decides a group's commands one after the other, each on what the ones before it left, and gathers what is to be written.
/// Every command succeeds or fails alone.
/// </summary>
internal sealed class GroupDecisions(LoadedGroup loaded, string shard, DateTimeOffset now)
{
    private readonly Dictionary<long, TicketState> _original = [];
    private readonly List<(PendingCommand Pending, Result<Written> Answer, int LastOp)> _answers = [];
    private readonly Dictionary<Guid, int> _opOfKey = [];
    private LifecycleChanges? _lifecycle;
    private int _lastOp;

    /// <summary>Tickets as they are to stand.</summary>
    public Dictionary<long, TicketState> Tickets { get; } = [];
    public Dictionary<(long TicketId, string Block), (TicketState Ticket, BlockWrite Write)> Blocks { get; } = [];
    public List<OpDraft> Ops { get; } = [];
    public List<NumberUse> Numbers { get; } = [];

    /// <summary>Numbers that were claimed here for another shard and are used here after all: their queue has moved meanwhile.</summary>
    public List<NumberUse> ClaimedNumbers { get; } = [];
    public List<(IdempotencyUse Use, long TicketId, TicketVersions Versions, int Op)> Keys { get; } = [];

    public List<(long TicketId, int FromQueue, MovingTicket Ticket)> Departures { get; } = [];
    public List<TicketState> Arrivals { get; } = [];
    public List<FinishDeparture> Finishes { get; } = [];
    public List<TicketState> Returns { get; } = [];
    public List<EraseTicket> Erasures { get; } = [];

    public bool HasWrites => Ops.Count > 0 || Numbers.Count > 0 || Finishes.Count > 0;

    /// <summary>What the decisions mean for the tickets' orchestrations.</summary>
    public LifecycleChanges Lifecycle()
    {
        if (_lifecycle is not null)
            return _lifecycle;
        _lifecycle = new LifecycleChanges(shard, now);
        foreach (var ticket in Tickets.Values)
            _lifecycle.Add(Before(ticket.TicketId), ticket);
        return _lifecycle;
    }

    /// <summary>The row as it stood before the group; null for a ticket that the group makes.</summary>
    public TicketState? Before(long ticketId) => _original.GetValueOrDefault(ticketId);

    public void Decide(PendingCommand pending)
    {
        _lastOp = 0;
        var answer = pending.Command switch
        {
            CreateTicket create => Create(create),
            ClaimNumber claim => Claim(claim),
            UpdateTicket update => Update(update),
            AcceptTicket accept => Accept(accept),
            ArriveTicket arrive => Arrive(arrive),
            FinishDeparture finish => Finish(finish),
            ReturnTicket back => Return(back),
            EraseTicket erase => Erase(erase),
            _ => throw new InvalidOperationException($"No rule for {pending.Command}."),
        };
        _answers.Add((pending, answer, _lastOp));
    }

    /// <summary>Tells every caller; call it only when the transaction's outcome is certain.</summary>
    /// <param name="firstOpid">The opid of the group's first op.</param>
    public void Answer(long firstOpid) => Answers.Tell(
        _answers.ConvertAll(decided => (decided.Pending, decided.LastOp > 0 && !decided.Answer.IsProblem ? decided.Answer.Value! with { Opid = firstOpid + decided.LastOp - 1 } : decided.Answer)));

    private Result<Written> Create(CreateTicket command)
    {
        var first = new Written(command.TicketId, new TicketVersions(1, command.Meta.ToDictionary(meta => meta.Block, _ => 1L, StringComparer.Ordinal)), 0, shard);
        var claimed = false;
        if (command.Nonce is { } nonce && loaded.Numbers.TryGetValue(command.TicketId, out var used))
        {
            if (used.Content != nonce.Content)
                return UsedOtherwise();
            if (used.QueueId is not null)
                return first;
            claimed = true;
        }

        Apply(Rules.Decide.Create(command, now));
        (claimed ? ClaimedNumbers : Numbers).Add(new NumberUse(command.TicketId, command.Queue.QueueId, command.Nonce));
        if (command.Nonce is not null)
            loaded.Numbers[command.TicketId] = new UsedNumber(command.Queue.QueueId, command.Nonce.Content);
        return first;
    }

    private Result<Written> Claim(ClaimNumber command)
    {
        var claimed = new Written(command.TicketId, new TicketVersions(0, new Dictionary<string, long>()), 0, shard);
        if (loaded.Numbers.TryGetValue(command.TicketId, out var used))
            return used.Content == command.Nonce.Content ? claimed : UsedOtherwise();
        Numbers.Add(new NumberUse(command.TicketId, null, command.Nonce));
        loaded.Numbers[command.TicketId] = new UsedNumber(null, command.Nonce.Content);
        return claimed;
    }

    private Result<Written> Update(UpdateTicket command)
    {
        if (command.Idempotency is { } use && loaded.Answers.TryGetValue(use.Key, out var stored))
        {
            _lastOp = _opOfKey.GetValueOrDefault(use.Key);
            return stored.Content == use.Content
                ? new Written(stored.TicketId, JsonSerializer.Deserialize(stored.Versions, TicketsJson.Default.TicketVersions)!, stored.Opid, stored.Shard ?? shard)
                : Problems.IdempotencyKeyReused();
        }

        if (Find(command) is not { } ticket)
            return Problems.TicketNotFound(command.TicketId.ToString());
        if (ticket.MovingTo is not null)
            return Problems.TicketMoving(command.TicketId.ToString());
        var decision = Rules.Decide.Update(ticket, command, now);
        if (decision.IsProblem)
            return decision.Problem;
        if (decision.Value.Ops.Count == 0)
            return new Written(command.TicketId, decision.Value.Versions, 0, shard);

        var departed = Depart(decision.Value);
        if (departed is null)
            Apply(decision.Value);
        var versions = decision.Value.Versions;
        if (command.Idempotency is { } key)
        {
            Keys.Add((key, command.TicketId, versions, Ops.Count));
            // A second request of this group with the same key finds the first one's answer; its op has no number yet.
            _opOfKey[key.Key] = Ops.Count;
            loaded.Answers[key.Key] = new StoredAnswer(key.Content, command.TicketId, JsonSerializer.Serialize(versions, TicketsJson.Default.TicketVersions), 0);
        }

        return new Written(command.TicketId, versions, 0, shard, departed);
    }

    /// <summary>A move to a queue of another shard only begins here: the row stays, marked, until the ticket has arrived there.</summary>
    /// <returns>Null when the ticket stays on this shard.</returns>
    private MovingTicket? Depart(Change change)
    {
        var queue = change.After.Queue;
        if (queue.QueueId == change.Before!.Queue.QueueId || queue.ShardOf(change.After.TicketId) == shard)
            return null;
        var moving = MovingTicket.Of(change.After);
        Departures.Add((moving.TicketId, change.Before.Queue.QueueId, moving));
        Apply(new Change(change.Before, change.Before with { MovingTo = queue.QueueId }, [], [change.Ops[0]]));
        return moving;
    }

    private Result<Written> Arrive(ArriveTicket command)
    {
        var arrived = new Written(command.TicketId, new TicketVersions(command.Ticket.Version, new Dictionary<string, long>()), 0, shard);
        if (loaded.Numbers.TryGetValue(command.TicketId, out var used) && used.ArrivedVersion >= command.Ticket.Version)
            return arrived;

        var state = command.Ticket.ToState(command.Queue);
        var blocks = command.Ticket.Blocks.Select(block => new BlockWrite(block.Block, block.Version, block.Json)).ToList();
        Apply(new Change(null, state, blocks, [OpDraft.Of(OpKinds.MovedIn, state, DiffWriter.WholeTicket(state))]));
        Arrivals.Add(state);
        loaded.Numbers[command.TicketId] = new UsedNumber(command.Queue.QueueId, used.Content, state.Version);
        return arrived;
    }

    private Result<Written> Return(ReturnTicket command)
    {
        var returned = new Written(command.TicketId, new TicketVersions(command.Ticket.Version, new Dictionary<string, long>()), 0, shard);
        if (loaded.Numbers.TryGetValue(command.TicketId, out var used) && used is { QueueId: not null, Gone: false })
            return returned;

        var state = command.Ticket.ToState(command.Queue) with { UpdatedAt = now };
        var blocks = command.Ticket.Blocks.Select(block => new BlockWrite(block.Block, block.Version, block.Json)).ToList();
        Apply(new Change(null, state, blocks, [OpDraft.Of(OpKinds.Restored, state, DiffWriter.WholeTicket(state))]));
        Returns.Add(state);
        loaded.Numbers[command.TicketId] = used with { QueueId = command.Queue.QueueId, Gone = false };
        return returned;
    }

    private Result<Written> Erase(EraseTicket command)
    {
        var hot = Find(command);
        if (hot?.MovingTo is not null)
            return Problems.TicketMoving(command.TicketId.ToString());
        var (version, status) = hot is null ? (command.Version, command.Status) : (hot.Version, hot.Status);
        Erasures.Add(command);
        Ops.Add(new OpDraft(OpKinds.Erased, command.TicketId, command.Queue.QueueId, version, status, hot?.Resolution, """{"set":{}}"""));
        _lastOp = Ops.Count;
        return new Written(command.TicketId, new TicketVersions(version, new Dictionary<string, long>()), 0, shard);
    }

    private Result<Written> Finish(FinishDeparture command)
    {
        Finishes.Add(command);
        return new Written(command.TicketId, new TicketVersions(0, new Dictionary<string, long>()), 0, shard);
    }

    private Result<Written> Accept(AcceptTicket command)
    {
        if (Find(command) is not { } ticket)
            return Problems.TicketNotFound(command.TicketId.ToString());
        if (ticket.MovingTo is not null)
            return Problems.TicketMoving(command.TicketId.ToString());
        var decision = Rules.Decide.Accept(ticket, command, now);
        if (decision.IsProblem)
            return decision.Problem;
        if (decision.Value.Change is { } change)
            Apply(change);
        return new Written(command.TicketId, new TicketVersions(decision.Value.Version, new Dictionary<string, long>()), 0, shard);
    }

    private TicketState? Find(TicketCommand command)
    {
        if (Erasures.Exists(erased => erased.TicketId == command.TicketId))
            return null;
        if (Tickets.TryGetValue(command.TicketId, out var current) || loaded.Tickets.TryGetValue(command.TicketId, out current))
            return current.Queue.QueueId == command.Queue.QueueId ? current : null;
        return null;
    }

    private void Apply(Change change)
    {
        if (change.Before is { } before && !Tickets.ContainsKey(before.TicketId))
            _original[before.TicketId] = before;
        Tickets[change.After.TicketId] = change.After;
        foreach (var write in change.Blocks)
            Blocks[(change.After.TicketId, write.Block)] = (change.After, write);
        Ops.AddRange(change.Ops);
        _lastOp = Ops.Count;
    }

    private static Problem UsedOtherwise() => Problems.InvalidNonce("The nonce was used with another request. A retry must repeat the first request; a new ticket needs a new nonce.");
}

/// <param name="QueueId">Null when the number is only claimed here.</param>
/// <param name="Nonce">Null when the ticket was made without one.</param>
internal sealed record NumberUse(long TicketId, int? QueueId, NonceUse? Nonce);
