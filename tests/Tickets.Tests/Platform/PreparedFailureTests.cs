using Npgsql;
using Tickets.Core.Platform;
using Tickets.Tests.Orchestration;

namespace Tickets.Tests.Platform;

/// <summary>What the driver makes of a statement that failed, or was cancelled, while it was prepared by itself.</summary>
[Collection(nameof(OrchestrationStack))]
public class PreparedFailureTests(OrchestrationStack stack)
{
    [Fact]
    public async Task A_statement_that_failed_at_its_first_use_works_at_its_next_or_the_session_is_lost()
    {
        await using var database = await OneSessionAsync();
        await using (var failing = Command(database, "select 10 / $1::int", 0))
            await Assert.ThrowsAsync<PostgresException>(() => failing.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        await WorksOrIsLostAsync(database, "select 10 / $1::int", 2, 5);
    }

    [Fact]
    public async Task A_statement_that_was_cancelled_at_its_first_use_works_at_its_next_or_the_session_is_lost()
    {
        await using var database = await OneSessionAsync();
        for (var after = 1; after < 200; after += after)
        {
            // Another statement each time: only the first use of one prepares it.
            var slow = $"select {after} from pg_sleep(case when $1::int = 0 then 5 else 0 end)";
            using var soon = new CancellationTokenSource(after);
            await using (var cancelled = Command(database, slow, 0))
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.ExecuteScalarAsync(soon.Token));
            await WorksOrIsLostAsync(database, slow, 1, after);
        }
    }

    private static async Task WorksOrIsLostAsync(NpgsqlDataSource database, string sql, int value, int expected)
    {
        try
        {
            await using var command = Command(database, sql, value);
            Assert.Equal(expected, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        }
        catch (Exception fault)
        {
            Assert.True(ConnectionLoss.Is(fault), fault.ToString());
        }

        await using var again = Command(database, sql, value);
        Assert.Equal(expected, await again.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    private static NpgsqlCommand Command(NpgsqlDataSource database, string sql, int value)
    {
        var command = database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = value });
        return command;
    }

    private async Task<NpgsqlDataSource> OneSessionAsync() =>
        ShardSet.Open(await stack.CreateDatabaseAsync("hot"), new TicketsOptions { SettingsDatabase = "", Shards = new Dictionary<string, string>(), ConnectionsPerShard = 1 });
}
