using System.Text.Json.Nodes;
using Tickets.Core.Oplog;
using Tickets.Core.Oplog.Relay;

namespace Tickets.Tests.ServiceBus;

[Collection(nameof(ServiceBusStack))]
public class RelayTests(ServiceBusStack stack)
{
    [Fact]
    public async Task Every_op_is_published_once_with_what_subscribers_need()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await scene.AppendAsync(1200);

        Assert.Equal(1200, await scene.Relay().DrainAsync(CancellationToken.None));
        Assert.Equal(0, await scene.Relay().DrainAsync(CancellationToken.None));

        Assert.Equal(1200, await scene.CheckpointAsync());
        var received = await scene.ReceiveAsync(1200);
        AssertInOrder(received, 1200);
        var op = received.Single(message => message.MessageId == "hot-0:8");
        Assert.Equal(("updated", "application/cloudevents+json"), (op.Subject, op.ContentType));
        Assert.Equal("""{"kind":"updated","opid":8,"queue":"t/relayed","resolution":"fixed","shard":"hot-0","status":"open"}""", Sorted(op.Properties));
        var body = op.Body.AsObject();
        Assert.Equal(("1.0", "hot-0:8", "/tickets/hot-0", "tickets.updated", "application/json"),
            ((string)body["specversion"]!, (string)body["id"]!, (string)body["source"]!, (string)body["type"]!, (string)body["datacontenttype"]!));
        Assert.Equal(("1000008", 8, "t/relayed"), ((string)body["data"]!["ticket_id"]!, (int)body["data"]!["opid"]!, (string)body["data"]!["queue"]!));
        Assert.Equal("gull", (string)body["data"]!["diff"]!["set"]!["meta.report"]!);
        // A ticket keeps to one session, and the sessions share the tickets.
        Assert.All(received.GroupBy(message => (string)message.Body["subject"]!), ticket => Assert.Single(ticket.Select(message => message.SessionId).Distinct()));
        Assert.InRange(received.Select(message => message.SessionId).Distinct().Count(), 2, 4);
    }

    [Theory]
    [InlineData("""[{"status": 429, "retryAfter": 1}, {"status": 429}]""")]
    [InlineData("""[{"status": 503}, {"status": 500}, {"status": 502}, {"status": 504}]""")]
    [InlineData("""[{"status": 401, "times": 4}]""")]
    [InlineData("""[{"status": 403, "detail": "quota"}, {"status": 403, "detail": "no rights"}]""")]
    [InlineData("""[{"status": 404, "times": 2}, {"status": 410, "times": 2}]""")]
    [InlineData("""[{"status": 405, "times": 2}]""")]
    [InlineData("""[{"status": 413}, {"status": 403, "detail": "the size is too large"}, {"status": 400}]""")]
    [InlineData("""[{"drop": "before"}, {"drop": "after", "times": 3}]""")]
    [InlineData("""[{"slowMs": 1500}, {"drop": "after"}]""", 1)]
    public async Task Whatever_is_answered_meanwhile_in_the_end_every_op_is_there_once_and_in_order(string faults, double sendLimitSeconds = 60)
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await scene.AppendAsync(40);
        await stack.PlanFaultsAsync([.. JsonNode.Parse(faults)!.AsArray().Select(fault => WithTopic(fault!.AsObject(), scene.Topic))]);

        await scene.Relay(maxBatchBytes: 8_000, sendLimitSeconds).DrainAsync(CancellationToken.None);
        await scene.AppendAsync(10);
        await scene.Relay().DrainAsync(CancellationToken.None);

        Assert.Equal(50, await scene.CheckpointAsync());
        AssertInOrder(await scene.ReceiveAsync(50), 50);
        Assert.Null(await scene.Health.FaultAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Batches_that_the_topic_finds_too_large_are_split()
    {
        await using var scene = await RelayScene.BeginAsync(stack, maxMessageBytes: 4_000);
        await scene.AppendAsync(64, new string('x', 1_000));
        await scene.Relay().DrainAsync(CancellationToken.None);
        AssertInOrder(await scene.ReceiveAsync(64), 64);
    }

    [Theory]
    [InlineData(180_000)]
    [InlineData(120_000)]
    public async Task An_op_that_is_too_large_for_a_message_is_published_by_reference(int length)
    {
        // The second is refused by the topic only.
        await using var scene = await RelayScene.BeginAsync(stack, maxMessageBytes: 100_000);
        await scene.AppendAsync(1);
        await scene.AppendAsync(1, new string('x', length));
        await scene.AppendAsync(1);

        await scene.Relay().DrainAsync(CancellationToken.None);

        var received = await scene.ReceiveAsync(3);
        AssertInOrder(received, 3);
        var large = received.Single(message => message.MessageId == "hot-0:2");
        Assert.Equal("/api/v1/oplog/hot-0/2", (string)large.Body["dataref"]!);
        Assert.Null(large.Body["data"]);
        Assert.Equal(2, (int)large.Properties["opid"]!);
    }

    [Fact]
    public async Task An_op_that_is_refused_for_what_it_says_is_published_by_reference_and_the_others_as_they_are()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await scene.AppendAsync(20);
        await scene.AppendAsync(1, "poison");
        await scene.AppendAsync(20);
        await stack.PlanFaultsAsync(new { topic = scene.Topic, status = 400, match = "poison", times = 1000 });

        await scene.Relay().DrainAsync(CancellationToken.None);

        var received = await scene.ReceiveAsync(41);
        AssertInOrder(received, 41);
        Assert.Equal(["hot-0:21"], received.Where(message => message.Body["dataref"] is not null).Select(message => message.MessageId));
    }

    [Fact]
    public async Task An_op_that_is_refused_even_by_reference_stands_in_the_way_loudly_until_it_is_taken()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await scene.AppendAsync(10);
        await stack.PlanFaultsAsync(RefuseOp(scene, 5));
        var draining = scene.Relay().DrainAsync(CancellationToken.None);
        await UntilRefusedAsync(scene, 5, draining);

        // Loud is what lasts for more than a moment.
        await scene.ExecuteAsync("update oplog_followers set failing_since = failing_since - interval '1 minute'");
        Assert.Equal("hot-0: message refused from op 5 on, 6 ops behind", await scene.Health.FaultAsync(CancellationToken.None));
        Assert.Equal(4, await scene.CheckpointAsync());
        await stack.PlanFaultsAsync();
        await draining;
        Assert.Null(await scene.Health.FaultAsync(CancellationToken.None));
        AssertInOrder(await scene.ReceiveAsync(10), 10);
    }

    [Fact]
    public async Task An_op_that_is_refused_whatever_is_done_can_be_skipped_and_the_log_tells_of_it()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await scene.AppendAsync(10);
        await stack.PlanFaultsAsync(RefuseOp(scene, 5));
        using var stop = new CancellationTokenSource();
        var following = scene.Relay().FollowAsync(stop.Token);
        await UntilRefusedAsync(scene, 5, following);

        // Neither one that was published nor one that has not had its turn.
        foreach (var other in new[] { 4, 6 })
        {
            var refused = (await scene.SkipAsync(other, """{"reason": "a try"}""")).Problem!;
            Assert.Equal((409, "op_not_refused", true), (refused.Status, refused.Code, refused.Detail!.Contains("stands at op 5", StringComparison.Ordinal)));
        }

        Assert.Equal(404, (await scene.SkipAsync(5, """{"reason": "a try"}""", "elsewhere")).Problem!.Status);
        Assert.Equal(404, (await scene.SkipAsync(11, """{"reason": "a try"}""")).Problem!.Status);
        Assert.Equal("invalid_field", (await scene.SkipAsync(5, """{"reason": " "}""")).Problem!.Code);

        // Asked twice at once, and again: once.
        var skips = await Task.WhenAll(scene.SkipAsync(5, """{"reason": "one of us"}"""), scene.SkipAsync(5, """{"reason": "one of us"}"""));
        var again = (await scene.SkipAsync(5, """{"reason": "another reason"}""")).Value!;
        Assert.All(skips, skip => Assert.Equal(again, skip.Value));
        Assert.Equal((5, "one of us", "k"), (again.Opid, again.Reason, again.SkippedBy));

        var received = await scene.ReceiveAsync(10);
        Assert.Equal([1, 2, 3, 4, 6, 7, 8, 9, 10, 11], received.Select(message => (long)message.Properties["opid"]!).Order());
        var note = received.Single(message => message.Subject == "skipped");
        Assert.Equal((11, "1000005"), ((long)note.Properties["opid"]!, (string)note.Body["subject"]!));
        Assert.Equal("""{"opid":5,"kind":"updated","reason":"one of us","skipped_by":"k"}""", note.Body["data"]!["diff"]!["skipped"]!.ToJsonString());
        Assert.Equal(received.Where(message => message.SessionId == note.SessionId).Max(message => (long)message.Properties["opid"]!), (long)note.Properties["opid"]!);
        await UntilAsync(async () => await scene.CheckpointAsync() == 11, following);
        Assert.Null(await scene.Health.FaultAsync(CancellationToken.None));
        await stop.CancelAsync();
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public async Task A_refused_op_that_tells_of_a_skipped_one_is_skipped_without_another()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await scene.AppendAsync(1);
        await stack.PlanFaultsAsync(new { topic = scene.Topic, status = 400, times = 1000 });
        using var stop = new CancellationTokenSource();
        var following = scene.Relay().FollowAsync(stop.Token);

        foreach (var opid in new[] { 1, 2 })
        {
            await UntilRefusedAsync(scene, opid, following);
            Assert.False((await scene.SkipAsync(opid, """{"reason": "nothing goes through"}""")).IsProblem);
        }

        Assert.Equal(2, await scene.ScalarAsync<long>("select last_opid from oplog_head"));
        Assert.Equal(2, await scene.CheckpointAsync());
        await stop.CancelAsync();
        await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public async Task A_relay_that_is_not_run_is_told_by_its_lag()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        Assert.Null(await scene.Health.FaultAsync(CancellationToken.None));
        await scene.Relay().DrainAsync(CancellationToken.None);
        await scene.AppendAsync(3, at: DateTimeOffset.UtcNow.AddMinutes(-2));
        Assert.Matches("^hot-0: 3 ops behind, the oldest for \\d+ s$", await scene.Health.FaultAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Of_several_relays_one_works_and_when_it_dies_another_goes_on()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        using var first = new CancellationTokenSource();
        using var others = new CancellationTokenSource();
        var one = scene.Relay().FollowAsync(first.Token);
        var rest = Task.WhenAll(scene.Relay().FollowAsync(others.Token), scene.Relay().FollowAsync(others.Token));
        for (var i = 0; i < 20; i++)
        {
            await scene.AppendAsync(25);
            if (i == 10)
                await first.CancelAsync();
            await Task.Delay(50);
        }

        await UntilAsync(async () => await scene.CheckpointAsync() == 500, rest);
        await others.CancelAsync();
        await Task.WhenAll(one, rest).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        AssertInOrder(await scene.ReceiveAsync(500), 500);
    }

    [Fact]
    public async Task A_holder_that_slept_past_its_lease_can_write_nothing_any_more()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await FollowerLease.EnsureAsync(scene.TheShard, "f", 0, CancellationToken.None);
        var old = (await FollowerLease.TryTakeAsync(scene.TheShard, "f", TimeSpan.FromMinutes(1), TimeProvider.System, CancellationToken.None))!;
        Assert.Null(await FollowerLease.TryTakeAsync(scene.TheShard, "f", TimeSpan.FromMinutes(1), TimeProvider.System, CancellationToken.None));
        await scene.ExecuteAsync("update oplog_followers set lease_until = now() where follower = 'f'");

        var next = (await FollowerLease.TryTakeAsync(scene.TheShard, "f", TimeSpan.FromMinutes(1), TimeProvider.System, CancellationToken.None))!;
        await next.AdvanceAsync(7, CancellationToken.None);

        await Assert.ThrowsAsync<LeaseLostException>(() => old.AdvanceAsync(9, CancellationToken.None));
        await Assert.ThrowsAsync<LeaseLostException>(() => old.FailAsync("late", null, null, CancellationToken.None));
        await old.ReleaseAsync();
        Assert.Null(await FollowerLease.TryTakeAsync(scene.TheShard, "f", TimeSpan.FromMinutes(1), TimeProvider.System, CancellationToken.None));
        Assert.Equal(7, await scene.ScalarAsync<long>("select opid from oplog_followers where follower = 'f'"));
        await next.ReleaseAsync();
        Assert.NotNull(await FollowerLease.TryTakeAsync(scene.TheShard, "f", TimeSpan.FromMinutes(1), TimeProvider.System, CancellationToken.None));
    }

    [Fact]
    public async Task A_log_that_is_past_its_retention_is_kept_until_it_is_published_and_dropped_at_the_hard_limit()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await scene.Relay().DrainAsync(CancellationToken.None);
        await scene.AppendAsync(5, at: DateTimeOffset.UtcNow.AddDays(-10));
        // The next op lies in the next partition, so the first one is full.
        await scene.ExecuteAsync($"update oplog_head set last_opid = {OplogPartitions.Size}");
        await scene.AppendAsync(1);

        var kept = await scene.UpkeepAsync(TimeSpan.FromDays(7), TimeSpan.FromDays(30));
        Assert.Equal(0, kept.Dropped);
        Assert.Contains(707, kept.LogIds);

        await scene.ExecuteAsync("update oplog_followers set opid = 5");
        var published = await scene.UpkeepAsync(TimeSpan.FromDays(7), TimeSpan.FromDays(30));
        Assert.Equal((1, false), (published.Dropped, published.LogIds.Contains(707)));
        Assert.Equal(1, await scene.ScalarAsync<long>("select count(*) from oplog"));
    }

    [Fact]
    public async Task At_the_hard_limit_unpublished_ops_go_and_the_relay_goes_on_with_those_that_are_left()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await scene.AppendAsync(3, at: DateTimeOffset.UtcNow.AddDays(-40));
        await scene.Relay().DrainAsync(CancellationToken.None);
        await scene.AppendAsync(5, at: DateTimeOffset.UtcNow.AddDays(-40));
        await scene.ExecuteAsync($"update oplog_head set last_opid = {OplogPartitions.Size}");
        await scene.AppendAsync(2);

        Assert.Equal(1, (await scene.UpkeepAsync(TimeSpan.FromDays(7), TimeSpan.FromDays(30))).Dropped);
        await scene.Relay().DrainAsync(CancellationToken.None);

        Assert.Equal(OplogPartitions.Size + 2, await scene.CheckpointAsync());
        Assert.Equal(["hot-0:1", "hot-0:2", "hot-0:2000001", "hot-0:2000002", "hot-0:3"], (await scene.ReceiveAsync(5)).Select(message => message.MessageId).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Ops_past_the_hard_limit_go_although_their_partition_is_not_full()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await scene.AppendAsync(12_000, at: DateTimeOffset.UtcNow.AddDays(-40));
        await scene.AppendAsync(3, at: DateTimeOffset.UtcNow.AddDays(-10));
        // The clock of the process that wrote it was wrong: what is after a younger op stays with it, or there would be a gap.
        await scene.AppendAsync(1, at: DateTimeOffset.UtcNow.AddDays(-40));

        var run = await scene.UpkeepAsync(TimeSpan.FromDays(7), TimeSpan.FromDays(30));

        Assert.Equal((0, true), (run.Dropped, run.LogIds.Contains(710)));
        Assert.Equal((12_001, 4), (await scene.ScalarAsync<long>("select min(opid) from oplog"), await scene.ScalarAsync<long>("select count(*) from oplog")));
        Assert.Empty((await scene.UpkeepAsync(TimeSpan.FromDays(7), TimeSpan.FromDays(30))).LogIds);
        await scene.Relay().DrainAsync(CancellationToken.None);
        Assert.Equal(12_004, await scene.CheckpointAsync());
        await scene.ExecuteAsync("update oplog set at = now() - interval '60 days'");
        await scene.UpkeepAsync(TimeSpan.FromDays(7), TimeSpan.FromDays(30));
        Assert.Equal(0, await scene.ScalarAsync<long>("select count(*) from oplog"));
    }

    [Fact]
    public async Task A_relay_goes_on_after_a_fault_that_nobody_foresaw()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await scene.AppendAsync(3);
        // A time that .NET has no value for: what it throws is no fault of a database or a service that is away.
        await scene.ExecuteAsync("update oplog set at = '20000-01-01' where opid = 2");
        using var stop = new CancellationTokenSource();
        var following = scene.Relay().FollowAsync(stop.Token);

        for (var fence = 0L; fence < 3; await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            Assert.False(following.IsCompleted, "the relay has ended");
            fence = await scene.ScalarAsync<long>("select coalesce(max(fence), 0) from oplog_followers where follower = 'service-bus'");
        }

        await scene.ExecuteAsync("update oplog set at = now() where opid = 2");
        Assert.Equal(["hot-0:1", "hot-0:2", "hot-0:3"], (await scene.ReceiveAsync(3)).Select(message => message.MessageId).Order(StringComparer.Ordinal));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
    }

    [Fact]
    public async Task A_stretch_of_the_log_ends_early_when_its_diffs_are_long_and_never_before_its_first_op()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await scene.AppendAsync(10, new string('x', 1_000));
        await scene.AppendAsync(2);

        Assert.Equal((2, 2, true), await ReadAsync(0, mostBytes: 2_500));
        Assert.Equal((4, 12, true), await ReadAsync(8, mostBytes: 2_500));
        Assert.Equal((2, 12, true), await ReadAsync(10, mostBytes: 2_500));
        Assert.Equal((1, 1, true), await ReadAsync(0, mostBytes: 1));
        Assert.Equal((1, 12, true), await ReadAsync(11, mostBytes: 1));
        Assert.Equal((3, 3, true), await ReadAsync(0, mostBytes: 1_000_000, max: 3));
        Assert.Equal((12, 12, true), await ReadAsync(0, mostBytes: 1_000_000));
        // Those that are too long to be fetched do not count.
        Assert.Equal((12, 12, false), await ReadAsync(0, mostBytes: 500, longest: 100));
        Assert.Equal((0, 12, true), await ReadAsync(12, mostBytes: 1));

        async Task<(int Ops, long ReadTo, bool WithDiffs)> ReadAsync(long after, long mostBytes, int max = 100, int longest = int.MaxValue)
        {
            var stretch = await OplogRows.ReadAsync(scene.TheShard, after, max, 1_000, OplogFilter.None, longest, mostBytes, CancellationToken.None);
            return (stretch.Ops.Count, stretch.ReadTo, stretch.Ops.All(op => op.Diff is not null));
        }
    }

    [Fact]
    public void Pauses_grow_and_respect_what_the_service_asks()
    {
        var pauses = new RelayPauses();
        var passing = new RelayRefusal("no answer", false, true, TimeSpan.Zero);
        Assert.Equal([200, 400, 800, 5000, 5000], new[] { 1, 2, 3, 8, 100 }.Select(failed => pauses.After(failed, passing).TotalMilliseconds));
        Assert.Equal(30_000, pauses.After(100, passing with { IsTransient = false }).TotalMilliseconds);
        Assert.Equal(1_500, pauses.After(1, passing with { Least = TimeSpan.FromSeconds(1.5) }).TotalMilliseconds);
        Assert.Equal(2_000, pauses.After(1, passing with { Least = TimeSpan.FromSeconds(1.5), IsThrottled = true }).TotalMilliseconds);
        Assert.Equal(60_000, pauses.After(1, passing with { Least = TimeSpan.FromDays(2) }).TotalMilliseconds);
    }

    [Fact]
    public async Task A_lease_is_renewed_while_something_takes_longer_than_it_lasts_and_ends_that_when_it_is_lost()
    {
        await using var scene = await RelayScene.BeginAsync(stack);
        await FollowerLease.EnsureAsync(scene.TheShard, "f", 0, CancellationToken.None);
        var lease = (await FollowerLease.TryTakeAsync(scene.TheShard, "f", TimeSpan.FromSeconds(6), TimeProvider.System, CancellationToken.None))!;
        var began = await scene.ScalarAsync<DateTime>("select lease_until from oplog_followers where follower = 'f'");
        var ended = new TaskCompletionSource();
        var working = lease.KeepWhileAsync(
            async end =>
            {
                end.Register(ended.SetResult);
                await Task.Delay(Timeout.Infinite, end);
                return true;
            },
            CancellationToken.None);
        await UntilAsync(async () => await scene.ScalarAsync<bool>($"select lease_until > timestamptz '{began:o}' + interval '1 second' from oplog_followers where follower = 'f'"), working);

        await scene.ExecuteAsync("update oplog_followers set fence = fence + 1 where follower = 'f'");

        await Assert.ThrowsAsync<LeaseLostException>(() => working);
        await ended.Task;
    }

    private static async Task UntilRefusedAsync(RelayScene scene, long opid, Task relay) =>
        await UntilAsync(async () => await scene.ScalarAsync<bool>($"select exists (select from oplog_followers where refused = {opid})"), relay);

    private static async Task UntilAsync(Func<Task<bool>> isSo, Task running)
    {
        for (var i = 0; !await isSo(); i++)
        {
            Assert.True(i < 2400, "It was still not so after two minutes.");
            Assert.False(running.IsCompleted, $"It ended: {running.Exception}");
            await Task.Delay(50);
        }
    }

    /// <summary>Only this op is refused, whether its message has the op or refers to it.</summary>
    private static object RefuseOp(RelayScene scene, long opid) => new { topic = scene.Topic, status = 400, match = $"hot-0:{opid}\\\"", times = 1000 };

    /// <summary>All opids from 1 on, each once, and growing within every session.</summary>
    private static void AssertInOrder(IReadOnlyList<Received> received, int count)
    {
        Assert.Equal(Enumerable.Range(1, count).Select(opid => $"hot-0:{opid}").Order(StringComparer.Ordinal), received.Select(message => message.MessageId!).Order(StringComparer.Ordinal));
        foreach (var session in received.GroupBy(message => message.SessionId))
            Assert.Equal(session.Select(message => (long)message.Properties["opid"]!).Order(), session.Select(message => (long)message.Properties["opid"]!));
    }

    private static JsonObject WithTopic(JsonObject fault, string topic)
    {
        var planned = fault.DeepClone().AsObject();
        planned["topic"] = topic;
        return planned;
    }

    private static string Sorted(JsonObject properties) => new JsonObject(properties.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone()))).ToJsonString();
}
