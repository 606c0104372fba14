using System.Collections.Concurrent;
using System.Text.Json;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Format;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Numbers;
using Tickets.Core.Ticketing.Requests;
using Tickets.Core.Ticketing.Rules;
using Tickets.Core.Ticketing.Writing;

namespace Tickets.Core.Ticketing;

/// <summary>The writing half of the ticket API: reads a request, finds its shard, and waits for the shard's writer.</summary>
public sealed class TicketWrites
{
    // A nonce outlives its promised time by this much in the database, so that no clock that is a little late revives it.
    private static readonly TimeSpan Margin = TimeSpan.FromHours(1);

    private static readonly TimeSpan SwitchPatience = TimeSpan.FromSeconds(10);

    private const int MaxLooks = 10;

    // One switch at a time is the rule; a second look covers settings that arrive between the two.
    private const int MaxSwitches = 3;

    private readonly SettingsCache _settings;
    private readonly Nonces _nonces;
    private readonly TicketNumbers _numbers;
    private readonly TicketLocator _locator;
    private readonly ShardWriters _writers;
    private readonly Moves _moves;
    private readonly ColdTickets _cold;
    private readonly TicketsOptions _options;
    private readonly TimeProvider _clock;
    private readonly NumberedCreates _creates;
    private readonly KeptAnswers _kept;
    private readonly ConcurrentDictionary<string, string> _homes = new(StringComparer.Ordinal);

    internal TicketWrites(SettingsCache settings, Nonces nonces, TicketNumbers numbers, TicketLocator locator, NumberedCreates creates, KeptAnswers kept, ShardWriters writers, Moves moves, ColdTickets cold, TicketsOptions options, TimeProvider clock) =>
        (_settings, _nonces, _numbers, _locator, _creates, _kept, _writers, _moves, _cold, _options, _clock) = (settings, nonces, numbers, locator, creates, kept, writers, moves, cold, options, clock);

    /// <summary>Issues nonces. Their home is the shard the caller last created on: a create on a nonce's home is one transaction.</summary>
    public async Task<Result<NoncesResponse>> TakeNoncesAsync(int count, Caller caller, CancellationToken cancel)
    {
        var home = HomeOf(caller);
        var issued = new string[count];
        try
        {
            for (var i = 0; i < count; i++)
                issued[i] = await _nonces.IssueAsync(home, cancel);
        }
        catch (NpgsqlException)
        {
            return Problems.Unavailable("The settings database, which numbers come from, cannot be reached.");
        }

        return new NoncesResponse(issued);
    }

    /// <summary>A shard that is away is no home for new nonces.</summary>
    private string HomeOf(Caller caller) =>
        _homes.TryGetValue(caller.KeyId, out var known) && _writers[known].IsConnected
            ? known
            : (_writers.All.FirstOrDefault(writer => writer.IsConnected) ?? _writers.All.First()).Shard.Name;

    public async Task<Result<CreateTicketResponse>> CreateAsync(JsonElement body, Caller caller, CancellationToken cancel)
    {
        if (CreateTicketReader.Strangers(body) is { } strangers)
            return strangers;
        var found = await QueueOfAsync(body, caller, cancel);
        if (found.IsProblem)
            return found.Problem;
        var queue = found.Value!;
        var request = CreateTicketReader.Read(body, queue, caller, _clock.GetUtcNow());
        if (request.IsProblem)
            return request.Problem;

        var (command, nonceText) = request.Value;
        var content = nonceText is null ? default : ContentHash.Of(body, exceptMember: "nonce");
        var written = await WhenPlacedAsync(
            queue,
            placed => nonceText is null
                ? CreateWithoutNonceAsync(command with { Queue = placed }, cancel)
                : CreateWithNonceAsync(command with { Queue = placed }, nonceText, content, caller, cancel),
            cancel);
        if (written.IsProblem)
            return written.Problem;
        return new CreateTicketResponse(TicketId.Format(written.Value.TicketId), queue.Name, written.Value.Versions);
    }

    /// <param name="ifMatch">The ticket version from <c>If-Match</c>.</param>
    /// <param name="idempotencyKey">At most 128 characters.</param>
    public async Task<Result<UpdateTicketResponse>> UpdateAsync(string ticketId, JsonElement body, Caller caller, long? ifMatch, string? idempotencyKey, CancellationToken cancel)
    {
        if (!TicketId.TryParse(ticketId, out var id))
            return Problems.InvalidTicketId(ticketId);
        if (UpdateTicketShape.Strangers(body, inBulk: false) is { } strangers)
            return strangers;
        var use = idempotencyKey is null ? null : new IdempotencyUse(
            ContentHash.Of($"{caller.KeyId}\n{id}\n{idempotencyKey}"),
            ContentHash.Of(body, scope: $"{id}\n{ifMatch}\n"),
            _clock.GetUtcNow() + _options.NonceLifetime);
        var updated = await WhereverAsync(id, body, caller, queue => UpdateInAsync(queue, id, body, caller, ifMatch, use, cancel), cancel);

        // A retry may find its ticket gone from the queue that it names, or in one with another workflow: what was answered once is answered again.
        return use is not null && updated.Problem is { Status: 400 or 404 } or { Code: ProblemCodes.TicketArchived }
            && await _kept.FindAsync(use!, certainly: updated.Problem.Status == 404, cancel) is { } kept
            ? Answer(id, kept)
            : updated;
    }

    /// <summary>An update as it stands in a bulk request, with the ticket's id among its members.</summary>
    internal async Task<Result<UpdateTicketResponse>> UpdateInBulkAsync(JsonElement item, Caller caller, CancellationToken cancel)
    {
        if (UpdateTicketShape.Strangers(item, inBulk: true) is { } strangers)
            return strangers;
        if (!item.TryGetProperty("ticket_id", out var text) || text.ValueKind != JsonValueKind.String)
            return Problems.Invalid("/ticket_id", "This member is required: the id of the ticket.");
        return TicketId.TryParse(text.GetString()!, out var id)
            ? await WhereverAsync(id, item, caller, queue => UpdateInAsync(queue, id, item, caller, ifMatch: null, use: null, cancel), cancel)
            : Problems.InvalidTicketId(text.GetString()!);
    }

    private async Task<Result<UpdateTicketResponse>> UpdateInAsync(QueueSettings queue, long id, JsonElement body, Caller caller, long? ifMatch, IdempotencyUse? use, CancellationToken cancel)
    {
        // Before anything is judged by that queue's workflow: its statuses and fields are not for everybody.
        QueueSettings? target = null;
        if (UpdateTicketShape.MoveTo(body) is { } name)
        {
            var found = await ReachedAsync(name, "/set/queue", caller, cancel);
            if (found.IsProblem)
                return found.Problem;
            target = found.Value;
        }

        var read = UpdateTicketReader.Read(body, queue, target, id);
        if (read.IsProblem)
            return read.Problem;

        return Answer(id, await WriteAsync(read.Value with { IfMatch = ifMatch, Idempotency = use }, cancel));
    }

    public async Task<Result<UpdateTicketResponse>> AcceptAsync(string ticketId, JsonElement body, Caller caller, CancellationToken cancel)
    {
        if (!TicketId.TryParse(ticketId, out var id))
            return Problems.InvalidTicketId(ticketId);

        var errors = new List<ProblemError>();
        var unknown = new List<ProblemError>();
        var reader = new ObjectReader(body, "", errors);
        _ = reader.Text("queue");
        var by = reader.RequiredText("by", TicketFields.MaxGroupBytes);
        reader.Finish(unknown);
        if (unknown.Count > 0)
            return Problems.UnknownMembers(unknown);
        if (by is "")
            reader.Fault("by", "Who accepts has a name.");
        if (errors.Count > 0)
            return Problems.Invalid(errors);

        return await WhereverAsync(id, body, caller, async queue => Answer(id, await WriteAsync(new AcceptTicket(queue, id, by!), cancel)), cancel);
    }

    private static Result<UpdateTicketResponse> Answer(long id, Result<Written> written) => written.IsProblem
        ? written.Problem
        : new UpdateTicketResponse(TicketId.Format(id), written.Value.Versions, written.Value.Opid == 0 ? null : new OpPosition(written.Value.Shard, written.Value.Opid));

    private Task<Result<Written>> WriteAsync(TicketCommand command, CancellationToken cancel) =>
        WhenPlacedAsync(command.Queue, placed => WriteAsync(placed.ShardOf(command.TicketId), command with { Queue = placed }, cancel), cancel);

    /// <summary>A queue that is being switched to another shard takes no writes for a moment: they wait for it.</summary>
    private async Task<Result<Written>> WhenPlacedAsync(QueueSettings queue, Func<QueueSettings, Task<Result<Written>>> write, CancellationToken cancel)
    {
        var written = await write(queue);
        for (var attempt = 1; written.Problem?.Code == ProblemCodes.QueueMoving && attempt <= MaxSwitches; attempt++)
        {
            if (await _settings.WhenPlacedAsync(queue.QueueId, SwitchPatience, cancel) is not { } placed)
                break;
            written = await write(placed);
        }

        return written;
    }

    /// <summary>Writes to a ticket, which may be on its way to another shard: then its move is finished first.</summary>
    private async Task<Result<Written>> WriteAsync(string shard, TicketCommand command, CancellationToken cancel)
    {
        // Before it departs, and is kept from everybody until it arrives.
        if (command is UpdateTicket { MoveTo: { } target } && target.ShardOf(command.TicketId) is var there && there != shard && !await _moves.CanArriveAsync(there, cancel))
            return Problems.Unavailable($"The database of shard '{there}', which the ticket would move to, cannot be reached.");
        var written = await _writers[shard].WriteAsync(command, cancel);
        if (written.Problem?.Code == ProblemCodes.TicketMoving && await _moves.FinishAsync(shard, command.TicketId, cancel))
            written = await _writers[shard].WriteAsync(command, cancel);
        // The decision stands and the caller's answer is certain; if the arrival fails now, the sweep brings it about.
        if (written is { IsProblem: false, Value.Departed: { } departed })
            await _moves.FinishAsync(shard, command.Queue.QueueId, departed, CancellationToken.None);
        return written;
    }

    private async Task<Result<Written>> CreateWithoutNonceAsync(CreateTicket command, CancellationToken cancel)
    {
        long id;
        try
        {
            id = await _numbers.NextAsync(cancel);
        }
        catch (NpgsqlException)
        {
            return Problems.Unavailable("The settings database, which numbers come from, cannot be reached.");
        }

        return await _writers[command.Queue.ShardOf(id)].WriteAsync(command with { TicketId = id }, cancel);
    }

    private async Task<Result<Written>> CreateWithNonceAsync(CreateTicket command, string text, Guid content, Caller caller, CancellationToken cancel)
    {
        var read = _nonces.Read(text);
        if (read.IsProblem)
            return read.Problem;
        var nonce = read.Value;
        var use = new NonceUse(content, nonce.ExpiresAt + Margin);
        var created = await _creates.CreateAsync(command with { TicketId = nonce.TicketId, Nonce = use }, nonce.Home, cancel);
        if (!created.IsProblem && command.Queue.Shards.Count == 1)
            _homes[caller.KeyId] = command.Queue.Shards[0];
        return created;
    }

    private async Task<Result<QueueSettings?>> QueueOfAsync(JsonElement body, Caller caller, CancellationToken cancel)
    {
        if (!body.TryGetProperty("queue", out var value) || value.ValueKind != JsonValueKind.String)
            return Problems.Invalid("/queue", "This member is required: the name of a queue.");
        return await ReachedAsync(value.GetString()!, "/queue", caller, cancel);
    }

    /// <summary>The queue of this name. Reach is asked first: out of reach, names that exist are not told from those that do not.</summary>
    private async Task<Result<QueueSettings?>> ReachedAsync(string name, string pointer, Caller caller, CancellationToken cancel)
    {
        if (!caller.Reaches(name))
            return Problems.ForbiddenQueue(name);
        return await _settings.FindQueueAsync(name, cancel) is { } queue ? queue : Problems.QueueNotFound(name, pointer);
    }

    /// <summary>Changes a ticket in the queue that the request names, or else in the one where it is.</summary>
    private async Task<Result<UpdateTicketResponse>> WhereverAsync(long id, JsonElement body, Caller caller, Func<QueueSettings, Task<Result<UpdateTicketResponse>>> change, CancellationToken cancel)
    {
        if (body.TryGetProperty("queue", out _))
        {
            var named = await QueueOfAsync(body, caller, cancel);
            if (named.IsProblem)
                return named.Problem;
            var changed = await change(named.Value!);
            return changed.IsProblem ? await RefusalAsync(changed.Problem, id, [named.Value!.Name], named.Value.Places, cancel) : changed;
        }

        // A ticket that has just left for another queue is looked for once more. Between two shards it may be missed on both, asked for on the one before it came and
        // on the other after it left: so none is missing before a second look. One that is cold is asked for where it was, because its shard may still know the
        // answer to an Idempotency-Key.
        for (var look = 1; ; look++)
        {
            var located = await LocateAsync(id, caller, cancel);
            if (located.Count == 0)
                located = await LocateAsync(id, caller, cancel);
            if (located.Count == 0)
                return await ChangeColdAsync(id, caller, change, cancel);

            Result<UpdateTicketResponse> changed = default;
            foreach (var queue in located)
            {
                changed = await change(queue);
                if (changed.Problem?.Code != ProblemCodes.TicketNotFound)
                    return changed;
            }

            if (look == MaxLooks)
            {
                var refusal = await RefusalAsync(changed.Problem!, id, [.. located.Select(queue => queue.Name)], [.. located.SelectMany(queue => queue.Places).Distinct(StringComparer.Ordinal)], cancel);
                return refusal.Code == ProblemCodes.TicketNotFound ? Problems.TicketMoving(TicketId.Format(id)) : refusal;
            }
        }
    }

    private async Task<List<QueueSettings>> LocateAsync(long id, Caller caller, CancellationToken cancel) =>
        (await _locator.FindAsync(id, cancel)).Where(queue => caller.Reaches(queue.Name)).ToList();

    private async Task<Result<UpdateTicketResponse>> ChangeColdAsync(long id, Caller caller, Func<QueueSettings, Task<Result<UpdateTicketResponse>>> change, CancellationToken cancel)
    {
        var cold = await ColdQueueAsync(id, caller, cancel);
        if (cold.IsProblem)
            return cold.Problem;
        if (cold.Value is not { } queue)
            return Problems.TicketNotFound(TicketId.Format(id));
        var changed = await change(queue);
        return changed.IsProblem ? await RefusalAsync(changed.Problem, id, [queue.Name], queue.Places, cancel) : changed;
    }

    private async Task<Result<QueueSettings?>> ColdQueueAsync(long id, Caller caller, CancellationToken cancel)
    {
        var reached = _settings.Current.Queues.Values.Where(queue => caller.Reaches(queue.Name)).Select(queue => queue.Name).ToList();
        var found = await FindColdAsync(id, reached, [.. _writers.All.Select(writer => writer.Shard.Name)], cancel);
        return found.IsProblem ? found.Problem : found.Value is { } name ? _settings.Current.Queues.GetValueOrDefault(name) : null;
    }

    /// <summary>A ticket that is not hot may be cold: then it exists, but cannot be changed.</summary>
    private async Task<Problem> RefusalAsync(Problem problem, long id, IReadOnlyList<string> queues, IReadOnlyList<string> shards, CancellationToken cancel)
    {
        if (problem.Code != ProblemCodes.TicketNotFound)
            return problem;
        var found = await FindColdAsync(id, queues, shards, cancel);
        return found.Problem ?? (found.Value is null ? problem : Problems.TicketArchived(TicketId.Format(id)));
    }

    private async Task<Result<string?>> FindColdAsync(long id, IReadOnlyList<string> queues, IReadOnlyList<string> shards, CancellationToken cancel)
    {
        try
        {
            return (await _cold.LookupAsync(queues, shards, id, cancel)).Queue;
        }
        catch (DamagedPartException damage)
        {
            return Problems.ColdPartDamaged(damage.Part);
        }
        catch (OfflinePartException)
        {
            return Problems.TicketArchived(TicketId.Format(id));
        }
    }
}
