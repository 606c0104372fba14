using Azure;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Placement;

/// <summary>
/// Moves a queue to other shards while it is used (T7, T8), in steps that may each be repeated and cut off anywhere: begin, copy, switch,
/// clear. Reads are served all the while, from the old shards until the switch and from the new ones after it; writes wait during the
/// switch, as long as the last changes take to follow.
/// </summary>
public sealed class QueueRelocation
{
    // Changes that are left to the switch, when writes wait; more would make them wait longer.
    private const long FewChanges = 2000;

    // How long a switch waits for tickets that left before.
    private static readonly TimeSpan ArrivalPatience = TimeSpan.FromSeconds(5);

    // More than any clock of ours is off by.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    private readonly ShardSet _shards;
    private readonly SettingsCache _settings;
    private readonly SettingsWrites _writes;
    private readonly Moves _moves;
    private readonly ColdSide _cold;
    private readonly TicketsOptions _options;
    private readonly TimeProvider _clock;

    internal QueueRelocation(ShardSet shards, SettingsCache settings, SettingsWrites writes, Moves moves, ColdSide cold, TicketsOptions options, TimeProvider clock) =>
        (_shards, _settings, _writes, _moves, _cold, _options, _clock) = (shards, settings, writes, moves, cold, options, clock);

    /// <summary>Why the queue cannot be moved to these shards as it stands; null when it can.</summary>
    public Problem? Refusal(Queue queue, IReadOnlyList<string> to)
    {
        if (to.Count == 0 || to.Distinct(StringComparer.Ordinal).Count() != to.Count)
            return Problems.Invalid("/shards", "Name at least one shard, and each once.");
        if (to.FirstOrDefault(shard => !_shards.Knows(shard)) is { } unknown)
            return Problems.Invalid("/shards", $"There is no shard '{unknown}'; there are {string.Join(", ", _shards.All.Select(known => known.Name))}.");
        if (queue.Moving is { } move)
            return Problems.QueueAlreadyMoving(queue.Name, move.Id);
        return queue.Shards!.SequenceEqual(to, StringComparer.Ordinal) ? Problems.Invalid("/shards", "The queue is on these shards already.") : null;
    }

    /// <summary>Marks the queue as moving and makes its tables on the new shards.</summary>
    /// <param name="moveId">Names the move in all steps; a step of a move that is not the queue's does nothing.</param>
    /// <returns>400 for shards that there are not; 404 <c>queue_not_found</c>; 409 <c>queue_already_moving</c>.</returns>
    public async Task<Result<Queue>> BeginAsync(string name, string moveId, IReadOnlyList<string> to, CancellationToken cancel)
    {
        var begun = await _writes.ChangeQueueAsync(
            name,
            Actor(moveId),
            queue => queue.Moving?.Id == moveId ? queue
                : Refusal(queue, to) is { } refusal ? refusal
                : queue with { Moving = new QueueMove(moveId, queue.Shards!, to, QueueMove.Copying, _clock.GetUtcNow()) },
            cancel);
        if (begun.IsProblem)
            return begun;
        foreach (var shard in to)
            await QueueTables.MakeAsync(_shards[shard], _settings.Current.Queues[name], cancel);
        return begun;
    }

    /// <summary>How many tickets there are to copy, roughly.</summary>
    public async Task<long> CountAsync(string name, CancellationToken cancel)
    {
        var count = 0L;
        var queue = _settings.Current.Queues[name];
        foreach (var shard in queue.Definition.Moving?.From ?? [])
        {
            await using var command = _shards[shard].Database.CreateCommand("select greatest(reltuples, 0)::bigint from pg_class where oid = $1::regclass");
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = queue.TicketsTable, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
            count += (long)(await command.ExecuteScalarAsync(cancel))!;
        }

        return count;
    }

    /// <summary>Copies for at most so long; the next call goes on where this one ended.</summary>
    /// <param name="copied">Told how many tickets each round copied.</param>
    /// <returns>Whether all is copied and the queue is ready to be switched.</returns>
    public async Task<bool> CopyAsync(string name, string moveId, TimeSpan most, Action<int> copied, CancellationToken cancel)
    {
        if (await MovingAsync(name, moveId, cancel) is not { Definition.Moving: { Phase: QueueMove.Copying } move } queue)
            return true;
        var start = _clock.GetTimestamp();
        foreach (var way in await WaysAsync(queue, move, cancel))
        {
            while (!way.IsCopied)
            {
                copied(await way.CopySomeAsync(cancel));
                if (_clock.GetElapsedTime(start) > most)
                    return false;
            }

            while (await way.FollowSomeAsync(cancel) > FewChanges)
            {
                if (_clock.GetElapsedTime(start) > most)
                    return false;
            }
        }

        return true;
    }

    /// <summary>Serves the queue from its new shards. Writes wait meanwhile; whoever still holds older settings is fenced off.</summary>
    /// <exception cref="TimeoutException">Not switched: tickets that left the queue before cannot arrive yet, because their shard is away.</exception>
    public async Task SwitchAsync(string name, string moveId, CancellationToken cancel)
    {
        if (await MovingAsync(name, moveId, cancel) is not { Definition.Moving: { Phase: QueueMove.Copying or QueueMove.Switching } move } queue)
            return;
        var ways = await WaysAsync(queue, move, cancel);
        var keysSince = _clock.GetUtcNow() + _options.NonceLifetime - Margin;
        foreach (var way in ways.Where(_ => move.Phase == QueueMove.Copying))
            await way.CopyKeysAsync(cancel);
        // From here to the end no ticket of the queue crosses between the tiers; what waits for storage does so before writes have to wait.
        await using var hold = await _cold.HoldAsync(queue, move.From, cancel);
        await _cold.SettleAsync(hold, queue, move, cancel);

        await EmptyAsync(queue, move, cancel);
        if (!await EnterAsync(name, moveId, QueueMove.Switching, cancel))
            return;
        try
        {
            await FenceAsync(queue, move, cancel);
            await _cold.SettleAsync(hold, queue, move, cancel);
        }
        catch (Exception fault) when ((fault is TimeoutException or RequestFailedException) && ways.Count == Ways(move).Count())
        {
            // Writes must not wait for as long as another shard is away, or the storage account. But a copy that an earlier try has completed follows no more: then they have to.
            await EnterAsync(name, moveId, QueueMove.Copying, cancel);
            throw;
        }

        foreach (var way in ways)
            await way.CompleteAsync(move.Phase == QueueMove.Copying ? keysSince : DateTimeOffset.UnixEpoch, cancel);
        await EnterAsync(name, moveId, QueueMove.Clearing, cancel);
    }

    /// <summary>When nobody reads from the old shards any more: every process has newer settings by then, or serves no more.</summary>
    public DateTimeOffset ClearsAt(QueueMove move) => move.Since + _options.SettingsMaxStaleness + TimeSpan.FromSeconds(5);

    /// <summary>Removes from the old shards what was moved, and ends the move. To be called at <see cref="ClearsAt"/>.</summary>
    public async Task ClearAsync(string name, string moveId, CancellationToken cancel)
    {
        if (await MovingAsync(name, moveId, cancel) is not { Definition.Moving: { Phase: QueueMove.Clearing } move } queue)
            return;
        if (_clock.GetUtcNow() < ClearsAt(move))
            throw new InvalidOperationException($"Queue '{name}' may still be read from its old shards until {ClearsAt(move):O}.");
        foreach (var shard in move.From)
            await QueueRemains.RemoveAsync(_shards[shard], queue, id => QueueSettings.ShardOf(move.To, id) != shard, _clock.GetUtcNow() + Moves.NumberKept, cancel);
        await EndAsync(queue, move, cancel);
    }

    /// <summary>Gives the move up, unless the queue is served from its new shards already.</summary>
    /// <returns>Whether it was given up.</returns>
    public async Task<bool> CancelAsync(string name, string moveId, CancellationToken cancel)
    {
        if (await MovingAsync(name, moveId, cancel) is not { Definition.Moving: { } move } queue)
            return true;
        if (move.Phase == QueueMove.Clearing || !await EnterAsync(name, moveId, QueueMove.Canceling, cancel))
            return false;
        // Whoever still copies loses its turn before what it copied is removed.
        await WaysAsync(queue, move, cancel);
        foreach (var shard in move.To)
            await QueueRemains.RemoveAsync(_shards[shard], queue, id => QueueSettings.ShardOf(move.From, id) != shard, _clock.GetUtcNow() + Moves.NumberKept, cancel);
        await EndAsync(queue, move, cancel);
        return true;
    }

    private async Task<QueueSettings?> MovingAsync(string name, string moveId, CancellationToken cancel)
    {
        await _settings.RefreshAsync(cancel);
        return _settings.Current.Queues.GetValueOrDefault(name) is { Definition.Moving: { } move } queue && move.Id == moveId ? queue : null;
    }

    /// <summary>Old and new shards between which tickets go.</summary>
    private static IEnumerable<(string From, string To)> Ways(QueueMove move) => move.From.SelectMany(from => move.To.Where(to => to != from).Select(to => (from, to)));

    /// <summary>The copies that are not complete, of all ways.</summary>
    private async Task<List<QueueCopy>> WaysAsync(QueueSettings queue, QueueMove move, CancellationToken cancel)
    {
        var ways = new List<QueueCopy>();
        foreach (var (from, to) in Ways(move))
        {
            var way = await QueueCopy.TakeUpAsync(
                queue,
                move.Id,
                _shards[from],
                _shards[to],
                id => QueueSettings.ShardOf(move.From, id) == from && QueueSettings.ShardOf(move.To, id) == to,
                _clock,
                cancel);
            if (way is not null)
                ways.Add(way);
        }

        return ways;
    }

    /// <returns>Whether the queue is in the phase now; false when its move has been given up, has come further, or is another one.</returns>
    private async Task<bool> EnterAsync(string name, string moveId, string phase, CancellationToken cancel)
    {
        var entered = await _writes.ChangeQueueAsync(
            name,
            Actor(moveId),
            queue => queue.Moving is { Phase: not (QueueMove.Clearing or QueueMove.Canceling) } move && move.Id == moveId
                ? queue with { Shards = phase == QueueMove.Clearing ? move.To : move.From, Moving = move with { Phase = phase, Since = _clock.GetUtcNow() } }
                : queue,
            cancel);
        return entered is { IsProblem: false, Value.Moving: { } now } && now.Id == moveId && now.Phase == phase;
    }

    /// <summary>Waits for writes that are under way, keeps later ones off, and brings tickets home that are on their way out of the queue.</summary>
    /// <exception cref="TimeoutException">Some of those cannot arrive now.</exception>
    private async Task FenceAsync(QueueSettings queue, QueueMove move, CancellationToken cancel)
    {
        foreach (var shard in move.From)
        {
            await using var command = _shards[shard].Database.CreateCommand("update oplog_head set epoch = epoch + 1");
            await command.ExecuteNonQueryAsync(cancel);
        }

        await EmptyAsync(queue, move, cancel);
    }

    /// <summary>Brings tickets home that are on their way out of the queue.</summary>
    /// <exception cref="TimeoutException">Some of them cannot arrive now.</exception>
    private async Task EmptyAsync(QueueSettings queue, QueueMove move, CancellationToken cancel)
    {
        var start = _clock.GetTimestamp();
        foreach (var shard in move.From)
        {
            while (!await _moves.FinishFromAsync(_shards[shard], queue.QueueId, cancel))
            {
                if (_clock.GetElapsedTime(start) > ArrivalPatience)
                    throw new TimeoutException($"Tickets that left queue '{queue.Name}' cannot arrive on their new shard yet; the queue is not switched before they have.");
                await Task.Delay(TimeSpan.FromMilliseconds(100), _clock, cancel);
            }
        }
    }

    private async Task EndAsync(QueueSettings queue, QueueMove move, CancellationToken cancel)
    {
        foreach (var shard in move.To)
        {
            await using var command = _shards[shard].Database.CreateCommand("delete from arriving_queues where queue_id = $1 and move_id = $2");
            command.Parameters.Add(Sql.Value(queue.QueueId));
            command.Parameters.Add(Sql.Value(move.Id));
            await command.ExecuteNonQueryAsync(cancel);
        }

        await _writes.ChangeQueueAsync(queue.Name, Actor(move.Id), now => now.Moving?.Id == move.Id ? now with { Moving = null } : now, cancel);
    }

    private static string Actor(string moveId) => $"operation:{moveId}";
}
