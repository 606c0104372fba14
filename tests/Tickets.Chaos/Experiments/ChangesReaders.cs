using System.Collections.Concurrent;
using System.Text.Json;
using Tickets.Chaos.Checkers;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Experiments;

/// <summary>Readers of the change log, each with a cursor that it takes from process to process.</summary>
internal sealed class ChangesReaders(ChaosRun run, Scene scene, int count)
{
    private readonly List<LoggedOp>[] _read = [.. Enumerable.Range(0, count).Select(_ => new List<LoggedOp>())];
    private readonly ConcurrentDictionary<string, long> _firstSeen = new();
    private readonly ConcurrentDictionary<string, long>[] _reached = [.. Enumerable.Range(0, count).Select(_ => new ConcurrentDictionary<string, long>())];

    public IReadOnlyList<IReadOnlyList<LoggedOp>> Read => _read;

    /// <summary>By mark: when any reader was first given it, in the history's microseconds; only of late commits.</summary>
    public IReadOnlyDictionary<string, long> FirstSeen => _firstSeen;

    public Task RunAsync(CancellationToken stop) => Task.WhenAll(Enumerable.Range(0, count).Select(reader => Task.Run(() => FollowAsync(reader, stop), CancellationToken.None)));

    /// <summary>Whether every reader has come to these ends.</summary>
    public bool HaveReached(IReadOnlyDictionary<string, long> heads) => _reached.All(reached => heads.All(head => reached.GetValueOrDefault(head.Key) >= head.Value));

    public static string Mark(JsonElement diff, string otherwise) =>
        diff.TryGetProperty("set", out var set) && set.TryGetProperty("meta.mark", out var mark) ? mark.GetString()! : otherwise;

    private async Task FollowAsync(int reader, CancellationToken stop)
    {
        string? cursor = null;
        for (var turn = 0; !stop.IsCancellationRequested; turn++)
        {
            using var client = scene.ClientOf(reader + (turn / 50));
            var reply = await client.GetAsync($"/oplog?max_ops=1000&wait=1{(cursor is null ? "" : $"&cursor={cursor}")}");
            if (!reply.IsOk)
            {
                await Task.Delay(50, CancellationToken.None);
                continue;
            }

            var page = reply.Json;
            foreach (var op in page.GetProperty("ops").EnumerateArray())
            {
                var (shard, opid) = (op.GetProperty("shard").GetString()!, op.GetProperty("opid").GetInt64());
                var mark = Mark(op.GetProperty("diff"), $"{shard}/{opid}");
                _read[reader].Add(new LoggedOp(shard, opid, mark));
                _reached[reader][shard] = opid;
                if (mark.StartsWith("late", StringComparison.Ordinal))
                    _firstSeen.TryAdd(mark, run.History.Now);
            }

            cursor = page.GetProperty("next_cursor").GetString();
        }
    }
}
