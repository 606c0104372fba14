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
}
