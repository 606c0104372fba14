using Microsoft.Extensions.Logging.Abstractions;
using Tickets.Core.Archive;
using Tickets.Core.Platform;
using Tickets.Core.Ticketing;

namespace Tickets.Acceptance.Operations;

public class RebuildTests(RunningApp app)
{
    [Fact]
    public async Task A_rebuild_checks_every_part_and_says_so()
    {
        var queue = await app.NewQueueAsync(retention: "PT0S");
        await app.ArchivedAsync(queue, 20);
        var operation = await app.Admin.RunAsync("/cold/index-rebuilds", $$"""{"queue": "{{queue}}"}""");
        Assert.Equal("succeeded", operation.Text("status"));
        Assert.Equal((0, 20), (operation.GetProperty("result").Number("days"), operation.GetProperty("result").Number("tickets")));
        Assert.Empty(operation.GetProperty("result").GetProperty("damaged").EnumerateArray());
    }

    [Fact]
    public async Task Two_hundred_archive_runs_at_once_share_few()
    {
        var queue = await app.NewQueueAsync(retention: "PT0S");
        var id = await app.Admin.CreateAsync(queue);
        await app.Admin.CloseAsync(queue, id);
        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => app.Admin.PostAsync("/archive/runs", null)));
        Assert.All(answers, answer => answer.Ok());
        Assert.InRange(answers.Select(answer => answer.Text).Distinct().Count(), 1, 4);
        (await app.Admin.GetAsync("/queues")).Ok();
    }

    [Fact]
    public async Task A_run_of_the_archiver_for_one_queue_leaves_the_others_alone()
    {
        await using var side = await SideApp.StartAsync(app, environment: ("AzureWebJobs.ArchiveClosedTickets.Disabled", "true"));
        var (queue, other) = (await RunningApp.NewQueueAsync(side.Admin, retention: "PT0S"), await RunningApp.NewQueueAsync(side.Admin, retention: "PT0S"));
        foreach (var name in new[] { queue, other })
            await side.Admin.CloseAsync(name, await side.Admin.CreateAsync(name));

        var report = (await side.Admin.PostAsync($"/archive/runs?queue={other}", null)).Ok();

        Assert.Equal((1, true), (report.Number("tickets"), report.GetProperty("complete").GetBoolean()));
        Assert.Equal(1, (await side.Admin.PostAsync("/tickets/find", $$"""{"query": {"queue": "{{queue}}"} }""")).Ok().GetProperty("tickets").GetArrayLength());
        Assert.Equal(1, (await side.Admin.PostAsync("/archive/runs", null)).Ok().Number("tickets"));
    }

    [Fact]
    public async Task A_run_of_the_archiver_takes_no_members_and_names_a_queue_that_there_is()
    {
        (await app.Admin.PostAsync("/archive/runs?queue=no/such", null)).Problem(404, "not_found");
        (await app.Admin.PostAsync("/archive/runs", """{"queue": "t/1"}""")).Problem(400, "unknown_member", "/queue");
        (await app.Admin.PostAsync("/archive/runs", "[]")).Problem(400, "malformed_json");
        (await app.Admin.PostAsync("/archive/runs", "{}")).Ok();
    }

    [Fact]
    public async Task Who_asks_for_a_run_while_a_long_one_goes_on_is_answered_in_time_that_it_is_not_complete()
    {
        await using var side = await SideApp.StartAsync(app);
        var queue = await side.NewQueueAsync("hot-0");
        var id = await side.Admin.CreateAsync(queue);
        await side.Admin.CloseAsync(queue, id);
        await using var process = await CoreProcess.StartAsync(side.Stack);
        var (removing, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        RemoveArchived remove = process.Get<LeaveHot>().RemoveAsync;
        // For whom the queue's retention is over, and for no other archiver of these databases.
        var archiver = new Archiver(process.Get<ArchiveTools>() with { Time = new Ahead() }, shard => process.Get<ShardSet>()[shard].Database, async (session, shard, queueId, tickets, revision, cancel) =>
        {
            removing.TrySetResult();
            await go.Task;
            return await remove(session, shard, queueId, tickets, revision, cancel);
        }, process.Get<ArchiveOptions>(), NullLogger<Archiver>.Instance);
        var runs = new ArchiveClosedTickets(archiver, process.Get<SettingsCache>(), TimeProvider.System);
        var first = Task.Run(() => runs.RunAsync(TimeSpan.FromMinutes(1), CancellationToken.None));
        await Task.WhenAny(removing.Task, Task.Delay(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));

        var second = await runs.RunAsync(TimeSpan.FromMinutes(1), patience: TimeSpan.FromMilliseconds(300), TestContext.Current.CancellationToken);
        Assert.Equal((false, 0), (second.Complete, second.Tickets));
        go.SetResult();
        Assert.True((await first).Complete);
        Assert.Equal("cold", (await side.Admin.TicketAsync(queue, id)).Text("tier"));
    }

    private sealed class Ahead : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromDays(8);
    }
}
