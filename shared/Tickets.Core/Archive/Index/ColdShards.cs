using Azure;
using Tickets.Core.Platform.Tables;

namespace Tickets.Core.Archive.Index;

/// <summary>
/// The table <c>coldshards</c>: one row per queue and creation day, and one row <c>head</c> per queue with its revision. Every change writes the head
/// in the same transaction and on condition of its ETag, so a queue's changes are in order and "revision above the one I know" misses none.
/// </summary>
public sealed class ColdShards(TableServiceClient tables, TimeProvider time, string tableName = "coldshards")
{
    private const string HeadKey = "head";

    // Row keys of days start with a digit; the character after '9' ends them.
    private const string EndOfDays = ":";
    private const int RowsPerTransaction = TableLimits.ActionsPerTransaction - 1;
    private const int CharsPerTransaction = 1_000_000;
    private const int MaxAttempts = 100;
    private readonly TableClient _table = tables.GetTableClient(tableName);

    public Task EnsureCreatedAsync(CancellationToken cancellationToken) => _table.CreateIfNotExistsAsync(cancellationToken);

    /// <summary>The revision at which the queue last changed; 0 when it has nothing cold.</summary>
    internal async Task<long> ReadRevisionAsync(string queue, CancellationToken cancellationToken) =>
        (await ReadHeadAsync(queue, cancellationToken))?.GetInt64("Revision") ?? 0;

    /// <summary>The days that changed after <paramref name="revision"/> (all of them after 0), each as it is now.</summary>
    internal async Task<IReadOnlyList<ColdDay>> ReadChangesAsync(string queue, long revision, CancellationToken cancellationToken)
    {
        var filter = revision == 0
            ? TableClient.CreateQueryFilter($"PartitionKey eq {QueueKey.Escape(queue)} and RowKey lt {EndOfDays}")
            : TableClient.CreateQueryFilter($"PartitionKey eq {QueueKey.Escape(queue)} and RowKey lt {EndOfDays} and Revision gt {revision}");
        return await ReadDaysAsync(filter, cancellationToken);
    }

    /// <summary>
    /// Applies <paramref name="change"/> to each of the days as it stands in the table, again when another process was first. It must be
    /// idempotent, and answers the same instance when there is nothing to change. A transaction holds 99 days: more are written in several, in order of day.
    /// </summary>
    /// <returns>The queue's revision with all of it: a reader who knows this one has seen the change.</returns>
    internal async Task<long> CommitAsync(
        string queue, IReadOnlyCollection<DateOnly> days, Func<ColdDay, ColdDay> change, CancellationToken cancellationToken)
    {
        var rest = new Queue<DateOnly>(days.Distinct().Order());
        var (attempts, revision) = (0, 0L);
        while (rest.Count > 0)
        {
            var (written, at) = await TryCommitAsync(queue, rest.Take(RowsPerTransaction).ToList(), change, cancellationToken);
            if (written == 0)
            {
                // Somebody else's commit made ours fail: there is progress, only not ours.
                if (++attempts == MaxAttempts)
                    throw new InvalidOperationException($"The index of queue '{queue}' changed {MaxAttempts} times under our hands.");
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(5 * attempts, 100)), time, cancellationToken);
                continue;
            }

            (attempts, revision) = (0, at);
            for (; written > 0; written--)
                rest.Dequeue();
        }

        return revision;
    }

    /// <summary>One day as it stands in the table now.</summary>
    internal async Task<ColdDay> ReadDayAsync(string queue, DateOnly day, CancellationToken cancellationToken)
    {
        var row = await _table.GetEntityIfExistsAsync<TableEntity>(QueueKey.Escape(queue), PartName.Format(day), cancellationToken);
        return row.HasValue ? ColdDay.From(row.Value!) : ColdDay.Empty(day);
    }

    /// <summary>The days from the first to the last, both included, that have a row.</summary>
    internal async Task<IReadOnlyList<ColdDay>> ReadDaysAsync(string queue, DateOnly first, DateOnly last, CancellationToken cancellationToken) =>
        await ReadDaysAsync(
            TableClient.CreateQueryFilter($"PartitionKey eq {QueueKey.Escape(queue)} and RowKey ge {PartName.Format(first)} and RowKey le {PartName.Format(last)}"),
            cancellationToken);

    /// <summary>The days that have parts to be deleted.</summary>
    internal async Task<IReadOnlyList<ColdDay>> ReadDaysWithRetiredAsync(string queue, CancellationToken cancellationToken) =>
        await ReadDaysAsync(
            TableClient.CreateQueryFilter($"PartitionKey eq {QueueKey.Escape(queue)} and RowKey lt {EndOfDays} and RetiredParts gt {0}"), cancellationToken);

    /// <summary>Every queue that has anything cold.</summary>
    internal async Task<IReadOnlyList<string>> ReadQueuesAsync(CancellationToken cancellationToken)
    {
        var queues = new List<string>();
        await foreach (var head in _table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"RowKey eq {HeadKey}"), select: ["Queue"], cancellationToken: cancellationToken))
            queues.Add(head.GetString("Queue")!);
        return queues;
    }

    /// <summary>How many of the days, from the first, are now as wanted, and the queue's revision; 0 when another process changed the queue meanwhile.</summary>
    private async Task<(int Written, long Revision)> TryCommitAsync(
        string queue, List<DateOnly> days, Func<ColdDay, ColdDay> change, CancellationToken cancellationToken)
    {
        var head = await ReadHeadAsync(queue, cancellationToken);
        var revision = (head?.GetInt64("Revision") ?? 0) + 1;
        // One range read: a batch's days are neighbours as a rule, and a queue has few thousand rows in all.
        var stored = (await ReadDaysAsync(queue, days[0], days[^1], cancellationToken)).ToDictionary(d => d.Day);

        var actions = new List<TableTransactionAction>();
        var (done, chars) = (0, 0);
        foreach (var day in days)
        {
            var current = stored.GetValueOrDefault(day) ?? ColdDay.Empty(day);
            var changed = change(current);
            if (!ReferenceEquals(changed, current))
            {
                var entity = changed.ToEntity(queue, revision);
                chars += entity.Sum(p => (p.Value as string)?.Length ?? 0);
                if (chars > CharsPerTransaction && actions.Count > 0)
                    break;
                actions.Add(Write(entity, current.ETag));
            }

            done++;
        }

        if (actions.Count == 0)
            return (done, revision - 1);
        actions.Add(Write(new TableEntity(QueueKey.Escape(queue), HeadKey) { ["Format"] = ColdDay.Format, ["Revision"] = revision, ["Queue"] = queue }, head?.ETag ?? default));
        try
        {
            await _table.SubmitTransactionAsync(actions, cancellationToken);
            return (done, revision);
        }
        catch (TableTransactionFailedException e) when (e.Status is 409 or 412 or 404)
        {
            // Also when our own commit succeeded, its answer was lost and the pipeline sent it again: then the next attempt finds nothing to change.
            return (0, 0);
        }
    }

    private static TableTransactionAction Write(TableEntity entity, ETag etag) => etag == default
        ? new TableTransactionAction(TableTransactionActionType.Add, entity)
        : new TableTransactionAction(TableTransactionActionType.UpdateReplace, entity, etag);

    private async Task<TableEntity?> ReadHeadAsync(string queue, CancellationToken cancellationToken)
    {
        var head = await _table.GetEntityIfExistsAsync<TableEntity>(QueueKey.Escape(queue), HeadKey, cancellationToken);
        return head.HasValue ? head.Value : null;
    }

    private async Task<List<ColdDay>> ReadDaysAsync(string filter, CancellationToken cancellationToken)
    {
        var days = new List<ColdDay>();
        await foreach (var row in _table.QueryAsync<TableEntity>(filter, cancellationToken: cancellationToken))
            days.Add(ColdDay.From(row));
        return days;
    }
}
