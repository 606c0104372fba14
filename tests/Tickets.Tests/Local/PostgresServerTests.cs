using System.Net;
using System.Net.Sockets;
using Npgsql;
using Tickets.Local;

namespace Tickets.Tests.Local;

public class PostgresServerTests
{
    private static LocalStackOptions PostgresOnly => LocalStackOptions.ForTests() with { WithStorage = false, HotShards = 0 };

    [Fact]
    public async Task A_killed_PostgreSQL_comes_back_on_its_port_with_everything_committed()
    {
        await using var stack = await LocalStack.StartAsync(PostgresOnly, TestContext.Current.CancellationToken);
        await Sql.ScalarAsync<int>(stack.SettingsDatabase, "create table kept (n int); insert into kept values (7); select 1");
        var before = stack.Postgres!.Pid;

        // With a session open, whose process holds the shared memory until it notices.
        await using var open = new NpgsqlConnection(stack.SettingsDatabase);
        await open.OpenAsync(TestContext.Current.CancellationToken);
        await stack.Postgres.KillAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => Sql.ScalarAsync<int>(stack.SettingsDatabase, "select 1"));
        await stack.Postgres.StartAsync(TestContext.Current.CancellationToken);

        Assert.NotEqual(before, stack.Postgres.Pid);
        Assert.Equal(7, await Sql.ScalarAsync<int>(stack.SettingsDatabase, "select n from kept"));
    }

    [Fact]
    public async Task A_taken_port_is_left_alone_and_another_one_used()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var taken = ((IPEndPoint)other.LocalEndpoint).Port;

        await using var stack = await LocalStack.StartAsync(PostgresOnly with { PostgresPort = taken }, TestContext.Current.CancellationToken);

        Assert.NotEqual(taken, stack.Postgres!.Port);
        Assert.Equal(1, await Sql.ScalarAsync<int>(stack.SettingsDatabase, "select 1"));
    }

    [Fact]
    public async Task An_existing_server_is_used_when_one_is_named_and_outlives_the_stack()
    {
        await using var owner = await LocalStack.StartAsync(PostgresOnly, TestContext.Current.CancellationToken);
        var server = new NpgsqlConnectionStringBuilder(owner.SettingsDatabase);
        var url = $"postgres://{server.Username}:{server.Password}@{server.Host}:{server.Port}/postgres";

        string shard;
        await using (var guest = await LocalStack.StartAsync(PostgresOnly with { ExistingPostgres = url, DatabasePrefix = "guest", HotShards = 1 }, TestContext.Current.CancellationToken))
        {
            Assert.Null(guest.Postgres);
            shard = guest.Shards["hot-0"];
            Assert.Equal("guest_hot_0", await Sql.ScalarAsync<string>(shard, "select current_database()::text"));
        }

        Assert.Equal(1, await Sql.ScalarAsync<int>(shard, "select 1"));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_named_in_the_refusal()
    {
        var refusal = await Assert.ThrowsAsync<LocalStackException>(() =>
            LocalStack.StartAsync(PostgresOnly with { ExistingPostgres = "Host=127.0.0.1;Port=1;Username=tickets" }, TestContext.Current.CancellationToken));
        Assert.Contains("127.0.0.1:1", refusal.Message);
        Assert.Contains("TICKETS_POSTGRES", refusal.Message);
    }

    [Fact]
    public async Task Root_may_keep_the_data_in_a_folder_that_only_root_can_enter()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root drops its rights for PostgreSQL.");
        var closed = Directory.CreateTempSubdirectory("tickets-closed-");
        File.SetUnixFileMode(closed.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var data = Path.Combine(closed.FullName, "stack");
        try
        {
            string cluster;
            await using (var stack = await LocalStack.StartAsync(PostgresOnly with { DataDirectory = data }, TestContext.Current.CancellationToken))
            {
                Assert.Equal(1, await Sql.ScalarAsync<int>(stack.SettingsDatabase, "select 1"));
                cluster = await Sql.ScalarAsync<string>(stack.SettingsDatabase, "select current_setting('data_directory')");
                Assert.True(Directory.Exists(cluster));
            }

            Assert.False(Directory.Exists(cluster));
        }
        finally
        {
            closed.Delete(recursive: true);
        }
    }
}
