using System.Diagnostics;

namespace Tickets.Tests.Local;

public sealed class StackProgramTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("tickets-stack-").FullName;

    // PostgreSQL's account must be able to enter, or its data would be kept outside of this folder.
    public StackProgramTests() => File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_101);

    private string Data => Path.Combine(_folder, "stack");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_second_start_says_where_the_first_one_runs_and_ends()
    {
        await using var first = await StackProgram.UpWithoutAzuriteAsync(Data);
        var (exit, output) = await StackProgram.RunAsync(Data, "up");
        Assert.Equal(1, exit);
        Assert.Contains($"already running (pid {first.Pid}, http://127.0.0.1:", output);
        var address = (await File.ReadAllTextAsync(Path.Combine(Data, "address"), TestContext.Current.CancellationToken)).TrimEnd('\n');
        Assert.Matches("^http://127\\.0\\.0\\.1:[0-9]+$", address);
        foreach (var page in new[] { "", "api/docs", "api/ops" }) Assert.Contains($"{address}/{page}", first.Output);
    }

    [Fact]
    public async Task A_killed_stack_leaves_nothing_running_and_the_next_one_starts_on_its_data()
    {
        int[] children;
        await using (var killed = await StackProgram.UpAsync(Data))
        {
            children = killed.ChildPids;
            // PostgreSQL, Azurite, Service Bus, the app, and a guard for each.
            Assert.Equal(8, children.Length);
            Assert.All(children, pid => Assert.True(RunningProcess.Is(pid)));
            await killed.SignalAsync("KILL");
            await killed.WaitForExitAsync();
        }

        // At once: it has to wait for the servers of the killed one by itself.
        await using var next = await StackProgram.UpAsync(Data);
        await ConditionAsync(() => !children.Any(RunningProcess.Is));
    }

    [Fact]
    public async Task Ctrl_C_stops_the_servers_first_and_is_a_success()
    {
        await using var stack = await StackProgram.UpAsync(Data);
        var children = stack.ChildPids;
        await stack.SignalAsync("INT");
        Assert.Equal(0, await stack.WaitForExitAsync());
        // Whoever listens there next shall not be sent the key.
        Assert.False(File.Exists(Path.Combine(Data, "address")));
        Assert.DoesNotContain(children, RunningProcess.Is);
        Assert.Contains("database system is shut down", await File.ReadAllTextAsync(Path.Combine(Data, "logs", "postgres.log"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Reset_wipes_the_data_but_not_under_a_running_stack()
    {
        await using (var stack = await StackProgram.UpWithoutAzuriteAsync(Data))
        {
            var (refused, output) = await StackProgram.RunAsync(Data, "reset");
            Assert.Equal(1, refused);
            Assert.Contains("already running", output);
            Assert.True(Directory.Exists(Path.Combine(Data, "postgres", "cluster")));
            await stack.SignalAsync("TERM");
            Assert.Equal(0, await stack.WaitForExitAsync());
        }

        var (exit, _) = await StackProgram.RunAsync(Data, "reset");
        Assert.Equal(0, exit);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public async Task When_a_server_ends_by_itself_the_stack_says_so_and_ends_with_it()
    {
        await using var stack = await StackProgram.UpWithoutAzuriteAsync(Data);
        var postmaster = int.Parse(File.ReadLines(Path.Combine(Data, "postgres", "cluster", "postmaster.pid")).First());
        Process.GetProcessById(postmaster).Kill();
        Assert.Equal(1, await stack.WaitForExitAsync());
        Assert.Contains("PostgreSQL has ended (SIGKILL)", stack.Output);
    }

    [Fact]
    public async Task An_ordinary_user_needs_nothing_from_root()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Every other test here runs as an ordinary user already.");
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "setpriv changes the user.");
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_111_111);

        await using var stack = await StackProgram.UpAsync(Data, "/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");

        Assert.All(stack.ChildPids, pid => Assert.Contains("Uid:\t65534\t", File.ReadAllText($"/proc/{pid}/status")));
    }

    private static async Task ConditionAsync(Func<bool> holds)
    {
        var waited = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(waited.Elapsed < Limit, "The condition never came to hold.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
