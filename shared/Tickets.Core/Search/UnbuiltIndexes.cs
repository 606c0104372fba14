using System.Collections.Concurrent;
using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Search;

/// <summary>Which declared indexes of a queue cannot be used yet: one that a workflow has just got is built by <see cref="IndexUpkeep"/>, and until then its searches read ticket by ticket (T15).</summary>
public sealed class UnbuiltIndexes(ShardSet shards, TimeProvider clock)
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<int, Known> _known = new();

    /// <returns>Their fields, as <see cref="QueueIndex.Fields"/>. Once all are built nobody is asked before the settings change.</returns>
    /// <exception cref="NpgsqlException">A shard of the queue is away.</exception>
    internal async ValueTask<IReadOnlySet<string>> OfAsync(QueueSettings queue, CancellationToken cancel)
    {
        var revisions = (queue.Workflow.Definition.Revision, queue.Definition.Revision);
        if (_known.TryGetValue(queue.QueueId, out var known) && known.Revisions == revisions && (known.Fields.Count == 0 || clock.GetElapsedTime(known.AskedAt) < AskAgain))
            return known.Fields;

        var wanted = QueueIndexes.Wanted(queue).ToList();
        var unbuilt = new HashSet<string>(StringComparer.Ordinal);
        foreach (var shard in wanted.Count == 0 ? [] : queue.Shards)
        {
            var built = await ReadBuiltAsync(shards[shard], wanted, cancel);
            unbuilt.UnionWith(wanted.Where(index => !built.Contains(index.Name)).Select(index => index.Fields));
        }

        _known[queue.QueueId] = new Known(revisions, unbuilt, clock.GetTimestamp());
        return unbuilt;
    }

    private static async Task<HashSet<string>> ReadBuiltAsync(Shard shard, List<QueueIndex> wanted, CancellationToken cancel)
    {
        await using var command = shard.Database.CreateCommand("select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid where i.indisvalid and c.relname = any($1)");
        command.Parameters.Add(Sql.Array([.. wanted.Select(index => index.Name)]));
        var built = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            built.Add(reader.GetString(0));
        return built;
    }

    private sealed record Known((long? Workflow, long? Queue) Revisions, IReadOnlySet<string> Fields, long AskedAt);
}
