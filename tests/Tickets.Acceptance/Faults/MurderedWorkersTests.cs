using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Tickets.Local;

namespace Tickets.Acceptance.Faults;

public class MurderedWorkersTests(RunningApp shared, ITestOutputHelper output)
{
    private const int Tickets = 40;
    private const int Hops = 4;
    private const int Rounds = 2;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1.2);

    /// <summary>Frozen for more than twice its lease, a process wakes up believing that it still has what others have taken over (R5). Run by <c>chaos workers</c>.</summary>
    [Fact(Explicit = true)]
    public async Task Processes_that_are_killed_and_frozen_all_the_time_take_every_step_of_every_ticket_once()
    {
        await using var side = await SideApp.StartAsync(shared, environment: ("Orchestration__Lease", Lease.ToString("c", CultureInfo.InvariantCulture)));
        var children = await QueueAsync(side, "children", """{"open": {"to": ["end"]}, "end": {"terminal": true, "resolutions": ["done"]}}""");
        var queue = await QueueAsync(side, "chain", Chain(children));
        List<AppProcess> workers = [side.Stack.Apps[0], await side.Stack.StartAppAsync(), await side.Stack.StartAppAsync()];
        var ids = await Task.WhenAll(Enumerable.Range(0, Tickets).Select(_ => side.Admin.CreateAsync(queue)));

        var took = Stopwatch.StartNew();
        var (kills, freezes) = await MurderAsync(side.Stack, workers);
        output.WriteLine($"{kills} kills, {freezes} freezes in {took.Elapsed.TotalSeconds:0} s");
        Assert.Equal((3, 3), (kills, freezes));

        var api = side.Admin.At(workers[0].Address);
        foreach (var id in ids)
            await Eventually.IsAsync(async () => (await api.TicketAsync(queue, id)).Text("status") == "end", TimeSpan.FromMinutes(3));
        output.WriteLine($"all at their end after {took.Elapsed.TotalSeconds:0} s");
        var made = await ChildrenAsync(side.Stack);
        foreach (var id in ids)
        {
            Assert.Equal(1 + Hops, (await api.TicketAsync(queue, id)).Number("version"));
            Assert.Equal(Hops, made.GetValueOrDefault(long.Parse(id, CultureInfo.InvariantCulture)));
        }

        var sweep = (await api.PostAsync("/lifecycles/sweep", null)).Ok();
        Assert.Equal((0, 0), (sweep.Number("repaired"), sweep.Number("parked")));
    }

    /// <summary>Each worker by itself is killed and started again and frozen, in turn; then all of them run.</summary>
    private static async Task<(int Kills, int Freezes)> MurderAsync(LocalStack stack, List<AppProcess> workers)
    {
        var (kills, freezes) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, workers.Count).Select(async i =>
        {
            for (var n = i; n < i + Rounds; n++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(300 + (n * 370 % 1100)));
                if (n % 2 == 0)
                {
                    await workers[i].KillAsync();
                    workers[i] = await stack.StartAppAsync();
                    Interlocked.Increment(ref kills);
                }
                else
                {
                    await SignalAsync(workers[i], "STOP");
                    await Task.Delay(Lease * 2.5);
                    await SignalAsync(workers[i], "CONT");
                    Interlocked.Increment(ref freezes);
                }
            }
        }));
        return (kills, freezes);
    }

    private static async Task SignalAsync(AppProcess process, string signal)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{signal} {process.Pid}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>In each status a child is made, and after a pause the ticket goes on.</summary>
    private static string Chain(string children)
    {
        var statuses = Enumerable.Range(0, Hops).Select(i =>
            $$"""
            "{{(i == 0 ? "open" : $"s{i}")}}": {"to": ["{{(i == Hops - 1 ? "end" : $"s{i + 1}")}}"],
                "steps": [{"create": {"queue": "{{children}}"} }, {"wait": "PT1.5S"}, {"send_on": true}]}
            """);
        return $$"""{ {{string.Join(", ", statuses)}}, "end": {"to": ["closed"]}, "closed": {"terminal": true, "resolutions": ["done"]} }""";
    }

    private static async Task<string> QueueAsync(SideApp side, string name, string statuses)
    {
        (await side.Admin.PutAsync($"/workflows?workflow_id={name}", $$"""{"workflow_id": "{{name}}", "initial": "open", "statuses": {{statuses}} }""", ("If-None-Match", "*"))).Ok();
        return await RunningApp.NewQueueAsync(side.Admin, workflow: name);
    }

    /// <returns>How many children each ticket has.</returns>
    private static async Task<Dictionary<long, int>> ChildrenAsync(LocalStack stack)
    {
        var children = new Dictionary<long, int>();
        foreach (var shard in stack.Shards.Values)
        {
            await using var database = NpgsqlDataSource.Create(shard);
            await using var command = database.CreateCommand("select parent_id from tickets where parent_id is not null");
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                children[reader.GetInt64(0)] = children.GetValueOrDefault(reader.GetInt64(0)) + 1;
        }

        return children;
    }
}
