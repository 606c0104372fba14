using Npgsql;
using Tickets.Core.Platform;
using Tickets.Core.Settings;
using Tickets.Tests.Orchestration;
using Tickets.Tests.Ticketing;

namespace Tickets.Tests.Settings;

/// <summary>The tables of queues, on a database of their own.</summary>
[Collection(nameof(OrchestrationStack))]
public sealed class QueueTablesTests(OrchestrationStack stack, ITestOutputHelper output)
{
    private const int Sessions = 16;
    private const int Queues = 120;

    /// <summary>
    /// Each session writes all the while, as writers do, and then to each new queue. Some will not know of its partitions (see
    /// <see cref="QueueTables.HavePartitionsReadAnewAsync"/>): without that, one or two in a thousand would be refused for good.
    /// </summary>
    [Fact]
    public async Task A_new_queue_takes_tickets_from_every_session_that_was_writing_while_it_was_made()
    {
        await using var database = NpgsqlDataSource.Create(await stack.CreateDatabaseAsync());
        var shard = new Shard("hot-0", database);
        await QueueTables.MakeAsync(shard, Queue(1), CancellationToken.None);
        var (made, next, refused) = (1, 0L, 0);
        using var end = new CancellationTokenSource();
        var writers = Enumerable.Range(0, Sessions).Select(_ => Task.Run(async () =>
        {
            await using var session = await database.OpenConnectionAsync();
            var written = 0;
            while (written < made || !end.IsCancellationRequested)
            {
                // First to an old queue, which looks the partitions up; then to each that has come.
                await WriteAsync(session, 1, Interlocked.Increment(ref next));
                if (written == Volatile.Read(ref made))
                    continue;
                try
                {
                    await WriteAsync(session, ++written, Interlocked.Increment(ref next));
                }
                catch (PostgresException fault) when (fault is { SqlState: PostgresErrorCodes.CheckViolation, TableName: "tickets" or "ticket_meta" })
                {
                    Interlocked.Increment(ref refused);
                    await QueueTables.HavePartitionsReadAnewAsync(session);
                    await WriteAsync(session, written, Interlocked.Increment(ref next));
                }
            }
        })).ToList();

        for (var id = 2; id <= Queues; id++)
        {
            await QueueTables.MakeAsync(shard, Queue(id), CancellationToken.None);
            Volatile.Write(ref made, id);
        }

        await end.CancelAsync();
        await Task.WhenAll(writers);
        await using var count = database.CreateCommand("select count(distinct queue_id) from ticket_meta");
        Assert.Equal((long)Queues, await count.ExecuteScalarAsync());
        output.WriteLine($"{refused} sessions had not heard of a queue's partitions");
    }

    private static QueueSettings Queue(int id) => Samples.QueueOf(id, $"q/{id}", Samples.Statuses);

    private static async Task WriteAsync(NpgsqlConnection session, int queue, long id)
    {
        await using var batch = new NpgsqlBatch(session)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand($"insert into tickets (queue_id, ticket_id, status, version, created_at, updated_at) values ({queue}, {id}, 'open', 1, now(), now())"),
                new NpgsqlBatchCommand($"insert into ticket_meta (queue_id, ticket_id, block, version, data) values ({queue}, {id}, 'b', 1, '1')"),
            },
        };
        await batch.ExecuteNonQueryAsync();
    }
}
