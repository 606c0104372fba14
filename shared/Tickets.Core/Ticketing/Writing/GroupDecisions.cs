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
    private readonly Dictionary<long, string> _traceOf = [];
    private LifecycleChanges? _lifecycle;
    private int _lastOp;

    /// <summary>Tickets as they are to stand.</summary>
    public Dictionary<long, TicketState> Tickets { get; } = [];
    public Dictionary<(long TicketId, string Block), (TicketState Ticket, BlockWrite Write)> Blocks { get; } = [];
    public List<OpDraft> Ops { get; } = [];

    /// <summary>For each op the trace of the request that made it.</summary>
    public List<string?> Traces { get; } = [];
    public List<NumberUse> Numbers { get; } = [];

    /// <summary>Numbers that were claimed for another shard, and are used here after all or claimed for a third one: their queue has moved meanwhile.</summary>
    public List<NumberUse> ClaimedNumbers { get; } = [];
    public List<(IdempotencyUse Use, long TicketId, TicketVersions Versions, int Op)> Keys { get; } = [];

    public List<(long TicketId, int FromQueue, MovingTicket Ticket)> Departures { get; } = [];

    /// <summary>Answers to idempotency keys that came with their tickets.</summary>
    public List<KeptAnswer> ArrivedAnswers { get; } = [];

    /// <summary>Tickets that come from other shards or from cold.</summary>
    public List<Comer> Comers { get; } = [];
    public List<(long TicketId, int FromQueue, long Version)> Finishes { get; } = [];
    public List<EraseTicket> Erasures { get; } = [];

    public bool HasWrites => Ops.Count > 0 || Numbers.Count > 0 || ClaimedNumbers.Count > 0 || Finishes.Count > 0;

    /// <summary>What the decisions mean for the tickets' orchestrations.</summary>
    public LifecycleChanges Lifecycle()
    {
        if (_lifecycle is not null)
            return _lifecycle;
        _lifecycle = new LifecycleChanges(shard, now);
        foreach (var ticket in Tickets.Values)
            _lifecycle.Add(Before(ticket.TicketId), ticket, _traceOf.GetValueOrDefault(ticket.TicketId));
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
        while (Traces.Count < Ops.Count)
            Traces.Add(pending.TraceParent);
        if (pending.TraceParent is { } trace)
            _traceOf[pending.Command.TicketId] = trace;
    }

    /// <summary>Tells every caller; call it only when the transaction's outcome is certain.</summary>
    /// <param name="firstOpid">The opid of the group's first op.</param>
    public void Answer(long firstOpid) => Answers.Tell(
        _answers.ConvertAll(decided => (decided.Pending, decided.LastOp > 0 && !decided.Answer.IsProblem ? decided.Answer.Value! with { Opid = firstOpid + decided.LastOp - 1 } : decided.Answer)));

    private Result<Written> Create(CreateTicket command)
    {
        var first = Written.FirstOf(command, shard);
        var claimed = false;
        if (command.Nonce is { } nonce && loaded.Numbers.TryGetValue(command.TicketId, out var used))
        {
            if (used.Content != nonce.Content)
                return UsedOtherwise();
            if (used.QueueId is not null)
                return first;
            if (used.ClaimedFor is { } other && other != shard && other != command.NotMadeOn)
                return Claimed(command.TicketId, other);
            claimed = true;
        }

        Apply(Rules.Decide.Create(command, now));
        (claimed ? ClaimedNumbers : Numbers).Add(new NumberUse(command.TicketId, command.Queue.QueueId, command.Nonce, shard));
        if (command.Nonce is not null)
            loaded.Numbers[command.TicketId] = new UsedNumber(command.Queue.QueueId, command.Nonce.Content);
        return first;
    }

    private Result<Written> Claim(ClaimNumber command)
    {
        var use = command.Create.Nonce!;
        if (loaded.Numbers.TryGetValue(command.TicketId, out var used))
        {
            if (used.Content != use.Content)
                return UsedOtherwise();
            if (used.QueueId is not null)
                return Written.FirstOf(command.Create, shard);
            if (used.ClaimedFor == command.For)
                return Claimed(command.TicketId, command.For);
            if (used.ClaimedFor is { } other && other != command.Create.NotMadeOn)
                return Claimed(command.TicketId, other);
            ClaimedNumbers.Add(new NumberUse(command.TicketId, null, use, command.For));
        }
        else
            Numbers.Add(new NumberUse(command.TicketId, null, use, command.For));
        loaded.Numbers[command.TicketId] = new UsedNumber(null, use.Content, ClaimedFor: command.For);
        return Claimed(command.TicketId, command.For);
    }

    private Written Claimed(long ticketId, string by) => new(ticketId, new TicketVersions(0, new Dictionary<string, long>()), 0, shard, ClaimedFor: by);

    private Result<Written> Update(UpdateTicket command)
    {
        if (command.Idempotency is { } use && loaded.Answers.TryGetValue(use.Key, out var stored))
        {
            _lastOp = _opOfKey.GetValueOrDefault(use.Key);
            return stored.Content == use.Content
                ? stored.ToWritten(shard)
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
        var isKnown = loaded.Numbers.TryGetValue(command.TicketId, out var used);
        if (isKnown && used!.Since >= command.Ticket.Version)
            return arrived;

        // It has been here before, and what it left is not cleared away yet: that it comes back proves that it had arrived elsewhere.
        if (loaded.Departures.Remove(command.TicketId, out var left) && left.Version < command.Ticket.Version)
            Finishes.Add((command.TicketId, left.FromQueue, left.Version));
        var state = command.Ticket.ToState(command.Queue);
        var blocks = command.Ticket.Blocks.Select(block => new BlockWrite(block.Block, block.Version, block.Json)).ToList();
        Apply(new Change(null, state, blocks, [OpDraft.Of(OpKinds.MovedIn, state, DiffWriter.WholeTicket(state))]));
        Come(state, used);
        foreach (var answer in command.Answers.Where(answer => loaded.Answers.TryAdd(answer.Key, answer.Answer)))
            ArrivedAnswers.Add(answer);
        return arrived;
    }

    private Result<Written> Return(ReturnTicket command)
    {
        var returned = new Written(command.TicketId, new TicketVersions(command.Ticket.Version, new Dictionary<string, long>()), 0, shard);
        if (loaded.Erased.ContainsKey(command.TicketId) || Erasures.Exists(erased => erased.TicketId == command.TicketId))
            return Problems.TicketNotFound(command.TicketId.ToString());
        if (loaded.Numbers.TryGetValue(command.TicketId, out var used) && used is { QueueId: not null, Gone: false })
            return returned;
        // It has been hot, and left, since the copy was read: that copy counts no more.
        if (used is { Gone: true } && used.Since > command.Ticket.Version)
            return Problems.TicketNotFound(command.TicketId.ToString());

        var state = command.Ticket.ToState(command.Queue) with { UpdatedAt = now };
        var blocks = command.Ticket.Blocks.Select(block => new BlockWrite(block.Block, block.Version, block.Json)).ToList();
        Apply(new Change(null, state, blocks, [OpDraft.Of(OpKinds.Restored, state, DiffWriter.WholeTicket(state))]));
        Come(state, used, returned: state);
        return returned;
    }

    private void Come(TicketState ticket, UsedNumber? used, TicketState? returned = null)
    {
        Comers.Add(new Comer(ticket.TicketId, IsKnown: used is not null, returned));
        loaded.Numbers[ticket.TicketId] = new UsedNumber(ticket.Queue.QueueId, used?.Content, ticket.Version);
    }

    private Result<Written> Erase(EraseTicket command)
    {
        var hot = Find(command);
        if (hot?.MovingTo is not null)
            return Problems.TicketMoving(command.TicketId.ToString());
        var (version, status) = hot is null ? (command.Version, command.Status) : (hot.Version, hot.Status);
        var erased = new Written(command.TicketId, new TicketVersions(version, new Dictionary<string, long>()), 0, shard);
        if (hot is null && !loaded.Erased.TryAdd(command.TicketId, new Tombstone(command.Queue.QueueId, command.Day, command.Operation)))
            return erased;
        Erasures.Add(command with { Version = version, Day = hot is null ? command.Day : DateOnly.FromDateTime(hot.CreatedAt.UtcDateTime) });
        Ops.Add(new OpDraft(OpKinds.Erased, command.TicketId, command.Queue.QueueId, version, status, hot?.Resolution, """{"set":{}}"""));
        _lastOp = Ops.Count;
        return erased;
    }

    private Result<Written> Finish(FinishDeparture command)
    {
        Finishes.Add((command.TicketId, command.Queue.QueueId, command.Version));
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
/// <param name="For">The shard that makes the ticket.</param>
internal sealed record NumberUse(long TicketId, int? QueueId, NonceUse? Nonce, string For);

/// <param name="IsKnown">Whether the shard has a row for the number.</param>
/// <param name="Returned">As it comes back from cold; null when it comes from another shard.</param>
internal sealed record Comer(long TicketId, bool IsKnown, TicketState? Returned);
