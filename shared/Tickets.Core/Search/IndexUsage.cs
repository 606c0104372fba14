using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Settings;

namespace Tickets.Core.Search;

public sealed class IndexUsage(ShardSet shards, SearchStatistics statistics, UnbuiltIndexes unbuilt)
{
    public async Task<QueueIndexUsage> ReadAsync(QueueSettings queue, CancellationToken cancel)
    {
        await statistics.FlushAsync(cancel);
        return new QueueIndexUsage(queue.Name, await ReadShapesAsync(queue, cancel), await ReadIndexesAsync(queue, cancel));
    }

    private async Task<List<SearchShape>> ReadShapesAsync(QueueSettings queue, CancellationToken cancel)
    {
        var missing = await unbuilt.OfAsync(queue, cancel);
        await using var command = shards[queue.Shards[0]].Database.CreateCommand(
            "select fields, searches, rows_returned, milliseconds, sampled_read, sampled_returned, sampled, last_at from search_statistics where queue_id = $1 order by milliseconds desc limit 200");
        command.Parameters.Add(Sql.Value(queue.QueueId));
        var shapes = new List<SearchShape>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var fields = reader.GetString(0).Split(',', StringSplitOptions.RemoveEmptyEntries);
            double? perRow = reader.GetInt64(6) == 0 ? null : Math.Round((double)reader.GetInt64(4) / Math.Max(1, reader.GetInt64(5)), 2);
            shapes.Add(new SearchShape(fields, IndexChoice.Serves(queue.Workflow, fields, missing), reader.GetInt64(1), reader.GetInt64(2), Math.Round(reader.GetDouble(3) / reader.GetInt64(1), 3), perRow, reader.Time(7)));
        }

        return shapes;
    }

    private async Task<List<IndexStatistics>> ReadIndexesAsync(QueueSettings queue, CancellationToken cancel)
    {
        var indexes = new List<IndexStatistics>();
        foreach (var shard in queue.Shards)
        {
            // From the catalog's rows alone: its functions fail for an index that is dropped meanwhile.
            await using var command = shards[shard].Database.CreateCommand(
                """
                select s.indexrelname, array(select attname::text from pg_attribute where attrelid = s.indexrelid and attnum between 1 and i.indnkeyatts order by attnum), s.idx_scan,
                    coalesce(pg_relation_size(s.indexrelid), 0)
                from pg_stat_user_indexes s join pg_index i on i.indexrelid = s.indexrelid where s.relname = $1 order by s.indexrelname
                """);
            command.Parameters.Add(Sql.Value(queue.TicketsTable));
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                indexes.Add(new IndexStatistics(reader.GetString(0), shard, FieldNames(queue, reader.GetFieldValue<string[]>(1)), reader.GetInt64(2), reader.GetInt64(3)));
        }

        return indexes;
    }

    /// <summary>Columns under the names that searches use.</summary>
    private static List<string> FieldNames(QueueSettings queue, string[] columns) =>
        columns.Select(column => column == "group_name" ? "group" : queue.Workflow.Fields.Values.FirstOrDefault(field => field.Column == column)?.Name ?? column).ToList();
}
