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

    private readonly SettingsCache _settings;
    private readonly Nonces _nonces;
    private readonly TicketNumbers _numbers;
    private readonly TicketLocator _locator;
    private readonly ShardWriters _writers;
    private readonly Moves _moves;
    private readonly ColdTickets _cold;
    private readonly TicketsOptions _options;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<string, string> _homes = new(StringComparer.Ordinal);

    internal TicketWrites(SettingsCache settings, Nonces nonces, TicketNumbers numbers, TicketLocator locator, ShardWriters writers, Moves moves, ColdTickets cold, TicketsOptions options, TimeProvider clock) =>
        (_settings, _nonces, _numbers, _locator, _writers, _moves, _cold, _options, _clock) = (settings, nonces, numbers, locator, writers, moves, cold, options, clock);

    /// <summary>Issues nonces. Their home is the shard the caller last created on: a create on a nonce's home is one transaction.</summary>
    public async Task<Result<NoncesResponse>> TakeNoncesAsync(int count, Caller caller, CancellationToken cancel)
    {
        var home = _homes.GetValueOrDefault(caller.KeyId) ?? _writers.All.First().Shard.Name;
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

    public async Task<Result<CreateTicketResponse>> CreateAsync(JsonElement body, Caller caller, CancellationToken cancel)
    {
        var found = await QueueOfAsync(body, caller, cancel);
        if (found.IsProblem)
            return found.Problem;
        var queue = found.Value!;
        var request = CreateTicketReader.Read(body, queue, caller);
        if (request.IsProblem)
            return request.Problem;

        var (command, nonceText) = request.Value;
        var written = nonceText is null
            ? await CreateWithoutNonceAsync(command, cancel)
            : await CreateWithNonceAsync(command, nonceText, ContentHash.Of(body, exceptMember: "nonce"), caller, cancel);
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
        var found = await QueueOfTicketAsync(id, body, caller, cancel);
        if (found.IsProblem)
            return found.Problem;
        var queue = found.Value!;
        var read = UpdateTicketReader.Read(body, queue, id, _settings.Current);
        if (read.IsProblem)
            return read.Problem;
        if (read.Value.MoveTo is { } target && !caller.Reaches(target.Name))
            return Problems.ForbiddenQueue(target.Name);

        var command = read.Value with
        {
            IfMatch = ifMatch,
            Idempotency = idempotencyKey is null ? null : new IdempotencyUse(
                ContentHash.Of($"{caller.KeyId}\n{idempotencyKey}"),
                ContentHash.Of(body, scope: $"{id}\n{ifMatch}\n"),
                _clock.GetUtcNow() + _options.NonceLifetime),
        };
        var shard = queue.ShardOf(id);
        var written = await WriteAsync(shard, command, cancel);
        if (written.IsProblem)
            return await RefusalAsync(written.Problem, id, [queue.Name], [shard], cancel);
        return new UpdateTicketResponse(ticketId, written.Value.Versions, new OpPosition(shard, written.Value.Opid));
    }

    public async Task<Result<UpdateTicketResponse>> AcceptAsync(string ticketId, JsonElement body, Caller caller, CancellationToken cancel)
    {
        if (!TicketId.TryParse(ticketId, out var id))
            return Problems.InvalidTicketId(ticketId);
        var found = await QueueOfTicketAsync(id, body, caller, cancel);
        if (found.IsProblem)
            return found.Problem;

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

        var queue = found.Value!;
        var shard = queue.ShardOf(id);
        var written = await WriteAsync(shard, new AcceptTicket(queue, id, by!), cancel);
        if (written.IsProblem)
            return await RefusalAsync(written.Problem, id, [queue.Name], [shard], cancel);
        return new UpdateTicketResponse(ticketId, written.Value.Versions, new OpPosition(shard, written.Value.Opid));
    }

    /// <summary>Writes to a ticket, which may be on its way to another shard: then its move is finished first.</summary>
    private async Task<Result<Written>> WriteAsync(string shard, TicketCommand command, CancellationToken cancel)
    {
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
        var shard = command.Queue.ShardOf(nonce.TicketId);
        if (command.Queue.Shards.Count == 1)
            _homes[caller.KeyId] = shard;

        // Two shards must never use one nonce, so a create away from the nonce's home first claims it there.
        if (nonce.Home != shard)
        {
            if (!_writers.Knows(nonce.Home))
                return Problems.InvalidNonce($"The nonce belongs to shard '{nonce.Home}', which is no longer in use. Take a new one.");
            var claim = await _writers[nonce.Home].WriteAsync(new ClaimNumber(command.Queue, nonce.TicketId, use), cancel);
            if (claim.IsProblem)
                return claim.Problem;
        }

        return await _writers[shard].WriteAsync(command with { TicketId = nonce.TicketId, Nonce = use }, cancel);
    }

    private async Task<Result<QueueSettings?>> QueueOfAsync(JsonElement body, Caller caller, CancellationToken cancel)
    {
        if (!body.TryGetProperty("queue", out var value) || value.ValueKind != JsonValueKind.String)
            return Problems.Invalid("/queue", "This member is required: the name of a queue.");
        var name = value.GetString()!;
        if (!caller.Reaches(name))
            return Problems.ForbiddenQueue(name);
        return await _settings.FindQueueAsync(name, cancel) is { } queue ? queue : Problems.QueueNotFound(name);
    }

    private async Task<Result<QueueSettings?>> QueueOfTicketAsync(long id, JsonElement body, Caller caller, CancellationToken cancel)
    {
        if (body.TryGetProperty("queue", out _))
            return await QueueOfAsync(body, caller, cancel);
        // While a ticket moves between shards both know it; the last one is where it goes, or else a second try finds it there.
        var located = (await _locator.FindAsync(id, cancel)).LastOrDefault(queue => caller.Reaches(queue.Name));
        if (located is not null)
            return located;
        var reached = _settings.Current.Queues.Values.Where(candidate => caller.Reaches(candidate.Name)).Select(candidate => candidate.Name).ToList();
        return await RefusalAsync(Problems.TicketNotFound(TicketId.Format(id)), id, reached, _writers.All.Select(writer => writer.Shard.Name).ToList(), cancel);
    }

    /// <summary>A ticket that is not hot may be cold: then it exists, but cannot be changed.</summary>
    private async Task<Problem> RefusalAsync(Problem problem, long id, IReadOnlyList<string> queues, IReadOnlyList<string> shards, CancellationToken cancel)
    {
        if (problem.Code != ProblemCodes.TicketNotFound)
            return problem;
        try
        {
            return (await _cold.LookupAsync(queues, shards, id, cancel)).Json is not null ? Problems.TicketArchived(TicketId.Format(id)) : problem;
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
