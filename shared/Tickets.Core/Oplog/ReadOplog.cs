using Microsoft.Extensions.Logging;
using Npgsql;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Oplog;

/// <summary>
/// The change log over HTTP (T6). Opids are dense and in commit order, so a position is one number a shard: nothing is skipped,
/// nothing comes twice.
/// </summary>
public sealed class ReadOplog
{
    public const int MaxOps = 1000;
    public const int MaxWaitSeconds = 60;

    // A filter looks at so many ops a request and then answers with a cursor past them, so that no request scans the whole log.
    private const int Window = 20_000;

    private readonly ShardSet _shards;
    private readonly SettingsCache _settings;
    private readonly OplogCursors _cursors;
    private readonly OplogPositions _positions;
    private readonly OplogHeads _heads;
    private readonly OplogTails _tails;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    internal ReadOplog(ShardSet shards, SettingsCache settings, OplogCursors cursors, OplogPositions positions, OplogHeads heads, OplogTails tails, TimeProvider clock, ILogger<ReadOplog> logger) =>
        (_shards, _settings, _cursors, _positions, _heads, _tails, _clock, _logger) = (shards, settings, cursors, positions, heads, tails, clock, logger);

    /// <param name="cursor">Null: from the oldest kept op; <c>now</c>: from here on.</param>
    /// <param name="queueName">Only this queue's ops. It may have lain on other shards: those are asked too, but only its own must answer.</param>
    /// <param name="wait">Waits so long for the first op.</param>
    public async Task<Result<OplogAnswer>> ReadAsync(string? cursor, int maxOps, string? queueName, TimeSpan wait, Caller caller, CancellationToken cancel)
    {
        var asked = await RequestAsync(queueName, maxOps, caller, cancel);
        if (asked.IsProblem)
            return asked.Problem;
        var request = asked.Value;
        var start = await _positions.StartAsync(cursor, request.Requires, cancel);
        if (start.IsProblem)
            return start.Problem;

        var positions = start.Value;
        var began = _clock.GetTimestamp();
        var fromMemory = wait > TimeSpan.Zero;
        while (true)
        {
            var read = await ReadShardsAsync(positions, request, fromMemory, cancel);
            if (Array.Exists(read, stretch => stretch.Trimmed))
                return await _positions.ExpiredAsync(cancel);
            await KnowQueuesAsync(read, cancel);
            read = Array.ConvertAll(read, stretch => stretch.Where(request.Wants));
            var ops = OplogMerge.Merge(read, maxOps);
            foreach (var stretch in read)
                positions[stretch.Shard] = OplogMerge.Next(stretch, ops);
            var behind = Array.Exists(read, stretch => positions[stretch.Shard] < stretch.Head);
            var left = wait - _clock.GetElapsedTime(began);
            if (ops.Count > 0 || left <= TimeSpan.Zero || cancel.IsCancellationRequested)
                return Page(ops, positions, behind, request);
            fromMemory = true;
            if (!behind)
                await WaitAsync(positions, request, left, cancel);
        }
    }

    /// <returns>The op as JSON; 404 when it is not kept, not there, or out of the caller's reach.</returns>
    public async Task<Result<ReadOnlyMemory<byte>>> FindAsync(string shard, long opid, Caller caller, CancellationToken cancel)
    {
        if (_shards.Knows(shard) && await OplogRows.FindAsync(_shards[shard], opid, cancel) is { } op
            && await _settings.FindQueueAsync(op.QueueId, cancel) is { } queue && caller.Reaches(queue.Name))
            return OplogAnswer.One(op, queue.Name);
        return Problems.NotFound($"There is no op '{shard}:{opid}' in the queues that the key reaches, or it is not kept any more.");
    }

    private async Task<Result<Request>> RequestAsync(string? queueName, int maxOps, Caller caller, CancellationToken cancel)
    {
        string[] all = [.. _shards.All.Select(shard => shard.Name)];
        if (queueName is null)
        {
            var except = _settings.Current.Queues.Values.Where(queue => !caller.Reaches(queue.Name)).Select(queue => queue.QueueId).ToArray();
            // Decided by the name at the end: a queue may be made while the request waits.
            return new Request(all, all, maxOps, new OplogFilter([], except), op => Reaches(caller, op));
        }

        if (!caller.Reaches(queueName))
            return Problems.ForbiddenQueue(queueName);
        return await _settings.FindQueueAsync(queueName, cancel) is { } queue
            ? new Request(all, [.. queue.Shards.Where(_shards.Knows)], maxOps, new OplogFilter([queue.QueueId], []), op => op.QueueId == queue.QueueId)
            : Problems.QueueNotFound(queueName, "");
    }

    private bool Reaches(Caller caller, OplogOp op) => _settings.Current.QueuesById.TryGetValue(op.QueueId, out var queue) && caller.Reaches(queue.Name);

    /// <summary>A shard that is away keeps its place in the cursor, and the others' ops go on.</summary>
    /// <exception cref="NpgsqlException">None of those answers that matter.</exception>
    private async Task<ShardStretch[]> ReadShardsAsync(Dictionary<string, long> positions, Request request, bool fromMemory, CancellationToken cancel)
    {
        var read = await Task.WhenAll(request.Shards.Select(shard => TryReadShardAsync(shard, positions[shard], request, fromMemory, cancel)));
        var all = read.Zip(request.Shards, (stretch, shard) => stretch ?? ShardStretch.Away(shard, positions[shard])).ToArray();
        return Array.Exists(all, stretch => !stretch.IsAway && request.Home.Contains(stretch.Shard)) ? all : throw new NpgsqlException("No shard answers.");
    }

    /// <returns>Null when the shard is away.</returns>
    private async Task<ShardStretch?> TryReadShardAsync(string name, long position, Request request, bool fromMemory, CancellationToken cancel)
    {
        var shard = _shards[name];
        try
        {
            if (fromMemory && position >= 0 && _tails[name].TryRead(position, request.MaxOps, request.Wants) is { } recent)
                return new ShardStretch(name, recent);
            var after = await OplogPositions.ResolveAsync(shard, position, cancel);
            var stretch = await OplogRows.ReadAsync(shard, after, request.MaxOps, Window, request.Filter, OplogRows.AnyLength, OplogRows.PageBytes, cancel);
            _heads[name].Tell(stretch.Head);
            return new ShardStretch(name, stretch);
        }
        catch (Exception fault) when (fault is NpgsqlException or TimeoutException)
        {
            _logger.ShardAway(name, fault);
            return null;
        }
    }

    /// <summary>A queue that another process made a moment ago has ops before this process knows it: its name is fetched.</summary>
    private async Task KnowQueuesAsync(ShardStretch[] read, CancellationToken cancel)
    {
        if (read.Any(stretch => stretch.Ops.Any(op => !_settings.Current.QueuesById.ContainsKey(op.QueueId))))
            await _settings.RefreshAsync(cancel);
    }

    /// <summary>Waits for an op that the request wants; what passes by meanwhile need not be looked at again.</summary>
    private async Task WaitAsync(Dictionary<string, long> positions, Request request, TimeSpan most, CancellationToken cancel)
    {
        var waiter = new OplogWaiter(request.Wants);
        // A shard that has not answered yet has no place to wait from; it is asked again when the wait ends.
        var seats = request.Shards.Where(shard => positions[shard] >= 0).Select(shard => (Shard: shard, Seat: _tails[shard].Join(positions[shard], waiter))).ToList();
        try
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            await Task.WhenAny(waiter.Woken, Task.Delay(most, _clock, end.Token));
            await end.CancelAsync();
            cancel.ThrowIfCancellationRequested();
        }
        finally
        {
            foreach (var (shard, seat) in seats)
            {
                seat.Dispose();
                positions[shard] = seat.Seen;
            }
        }
    }

    private OplogAnswer Page(List<OplogOp> ops, Dictionary<string, long> positions, bool behind, Request request)
    {
        var span = ops.Count > 0 ? ops[^1].At - ops[0].At : TimeSpan.Zero;
        var delay = PollingDelay.After(behind, ops.Count, span, request.MaxOps, request.Home.Min(shard => _heads[shard].Quiet));
        return new OplogAnswer([.. ops.Select(op => (op, _settings.Current.QueuesById[op.QueueId].Name))], _cursors.Write(positions), delay);
    }

    /// <param name="Shards">Those to read.</param>
    /// <param name="Home">Those of which one at least must answer.</param>
    /// <param name="Filter">What the database can decide.</param>
    /// <param name="Wants">Decides.</param>
    private sealed record Request(IReadOnlyList<string> Shards, IReadOnlyList<string> Home, int MaxOps, OplogFilter Filter, Predicate<OplogOp> Wants)
    {
        public bool Requires(string shard) => Home.Count == 1 && Home[0] == shard;
    }
}
