namespace Tickets.Tests.ServiceBus;

/// <summary>Ops that Service Bus refuses whatever is done.</summary>
[Collection(nameof(ServiceBusStack))]
public sealed class RelayRefusalTests(ServiceBusStack stack)
{
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
        RelayScene.AssertInOrder(await scene.ReceiveAsync(10), 10);
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
        await RelayScene.UntilAsync(async () => await scene.CheckpointAsync() == 11, following);
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

    private static async Task UntilRefusedAsync(RelayScene scene, long opid, Task relay) =>
        await RelayScene.UntilAsync(async () => await scene.ScalarAsync<bool>($"select exists (select from oplog_followers where refused = {opid})"), relay);

    /// <summary>Only this op is refused, whether its message has the op or refers to it.</summary>
    private static object RefuseOp(RelayScene scene, long opid) => new { topic = scene.Topic, status = 400, match = $"hot-0:{opid}\\\"", times = 1000 };
}
