using System.Text.Json.Nodes;
using Tickets.Core.Oplog.Relay;

namespace Tickets.Tests.ServiceBus;

/// <summary>Every op is published, in order, whatever Service Bus answers meanwhile.</summary>
[Collection(nameof(ServiceBusStack))]
public sealed class RelayTests(ServiceBusStack stack)
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
        RelayScene.AssertInOrder(received, 1200);
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
        RelayScene.AssertInOrder(await scene.ReceiveAsync(50), 50);
        Assert.Null(await scene.Health.FaultAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Batches_that_the_topic_finds_too_large_are_split()
    {
        await using var scene = await RelayScene.BeginAsync(stack, maxMessageBytes: 4_000);
        await scene.AppendAsync(64, new string('x', 1_000));
        await scene.Relay().DrainAsync(CancellationToken.None);
        RelayScene.AssertInOrder(await scene.ReceiveAsync(64), 64);
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
        RelayScene.AssertInOrder(received, 3);
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
        RelayScene.AssertInOrder(received, 41);
        Assert.Equal(["hot-0:21"], received.Where(message => message.Body["dataref"] is not null).Select(message => message.MessageId));
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

    private static JsonObject WithTopic(JsonObject fault, string topic)
    {
        var planned = fault.DeepClone().AsObject();
        planned["topic"] = topic;
        return planned;
    }

    private static string Sorted(JsonObject properties) => new JsonObject(properties.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone()))).ToJsonString();
}
