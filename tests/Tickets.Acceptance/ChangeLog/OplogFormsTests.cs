using System.IO.Compression;
using System.Net.Http.Headers;

namespace Tickets.Acceptance.ChangeLog;

public class OplogFormsTests(RunningApp app)
{
    [Fact]
    public async Task A_page_as_a_batch_of_CloudEvents_has_the_same_ops_and_its_cursor_in_a_header()
    {
        var queue = await app.NewQueueAsync("hot-1");
        for (var i = 0; i < 3; i++)
            await app.Admin.CreateAsync(queue, $"\"meta\": {{\"report\": {{\"n\": {i}}}}}");
        var plain = (await app.Admin.GetAsync($"/oplog?queue={queue}&max_ops=2")).Ok();

        var events = await app.Admin.GetAsync($"/oplog?queue={queue}&max_ops=2", ("Accept", "application/cloudevents-batch+json"));

        Assert.Equal((200, "application/cloudevents-batch+json"), (events.Status, events.Headers["Content-Type"]));
        var batch = events.Json.EnumerateArray().ToList();
        Assert.Equal(plain.GetProperty("ops").EnumerateArray().Select(op => op.GetRawText()), batch.Select(each => each.GetProperty("data").GetRawText()));
        Assert.All(batch, each =>
        {
            var op = each.GetProperty("data");
            Assert.Equal(
                ("1.0", $"hot-1:{op.Number("opid")}", "/tickets/hot-1", "tickets.created", op.Text("ticket_id"), op.Text("at"), "application/json"),
                (each.Text("specversion"), each.Text("id"), each.Text("source"), each.Text("type"), each.Text("subject"), each.Text("time"), each.Text("datacontenttype")));
        });
        Assert.True(int.TryParse(events.Headers["x-polling-delay-ms"], out _));
        var rest = (await app.Admin.GetAsync($"/oplog?queue={queue}&cursor={events.Headers["x-next-cursor"]}")).Ok();
        Assert.Single(rest.GetProperty("ops").EnumerateArray());
    }

    [Fact]
    public async Task A_long_page_is_compressed_for_who_takes_that()
    {
        var queue = await app.NewQueueAsync();
        for (var i = 0; i < 20; i++)
            await app.Admin.CreateAsync(queue);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(app.Admin.Address, $"/api/v1/oplog?queue={queue}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", app.Admin.Key);
        request.Headers.AcceptEncoding.ParseAdd("gzip");

        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
        var compressed = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        using var gzip = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        using var json = await JsonDocument.ParseAsync(gzip, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(20, json.RootElement.GetProperty("ops").GetArrayLength());
        var plain = await app.Admin.GetAsync($"/oplog?queue={queue}");
        Assert.DoesNotContain("Content-Encoding", plain.Headers.Keys);
        Assert.True(compressed.Length * 4 < plain.Text.Length);
    }

    [Theory]
    [InlineData("*", true)]
    [InlineData("br, *;q=0.1", true)]
    [InlineData("gzip;q=0, *", false)]
    [InlineData("*;q=0", false)]
    [InlineData("identity, gzip;q=0.5", false)]
    [InlineData("identity;q=0.5, GZIP;q=0.8", true)]
    [InlineData("br", false)]
    public async Task A_page_is_compressed_as_the_weights_of_codings_say(string acceptEncoding, bool compressed)
    {
        var queue = await app.NewQueueAsync();
        await app.Admin.CreateAsync(queue, $"\"meta\": {{\"report\": \"{new string('x', 3_000)}\"}}");
        using var http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = System.Net.DecompressionMethods.None });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(app.Admin.Address, $"/api/v1/oplog?queue={queue}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", app.Admin.Key);
        Assert.True(request.Headers.TryAddWithoutValidation("Accept-Encoding", acceptEncoding));
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(compressed, response.Content.Headers.ContentEncoding.Contains("gzip"));
    }

    [Theory]
    [InlineData("application/cloudevents-batch+json", true)]
    [InlineData("application/json;q=0.2, application/cloudevents-batch+json;q=0.9", true)]
    [InlineData("application/cloudevents-batch+json, */*;q=0.1", true)]
    [InlineData("application/json, application/cloudevents-batch+json;q=0.5", false)]
    [InlineData("application/cloudevents-batch+json;q=0, */*", false)]
    [InlineData("*/*", false)]
    public async Task A_page_comes_in_the_form_that_weighs_most(string accept, bool asEvents)
    {
        var queue = await app.NewQueueAsync();
        var answer = await app.Admin.GetAsync($"/oplog?queue={queue}", ("Accept", accept));
        Assert.Equal((200, asEvents), (answer.Status, answer.Headers["Content-Type"] == "application/cloudevents-batch+json"));
    }

    [Fact]
    public async Task A_page_of_large_changes_ends_early_and_its_cursor_goes_on()
    {
        var queue = await app.NewQueueAsync("hot-1");
        var start = await app.Admin.NowAsync();
        var ids = new List<string>();
        for (var i = 0; i < 20; i++)
            ids.Add(await app.Admin.CreateAsync(queue, $"\"meta\": {{\"a\": {Long()}, \"b\": {Long()}}}"));

        var (found, pages) = (new List<string>(), 0);
        for (var cursor = start; ; pages++)
        {
            var answer = await app.Admin.GetAsync($"/oplog?queue={queue}&max_ops=1000&cursor={cursor}");
            var ops = answer.Ok().GetProperty("ops").EnumerateArray().Select(op => op.Text("ticket_id")!).ToList();
            Assert.InRange(answer.Text.Length, 0, 4_500_000);
            found.AddRange(ops);
            cursor = answer.Json.Text("next_cursor")!;
            if (ops.Count == 0)
                break;
            Assert.True(found.Count == ids.Count || answer.Json.Number("polling_delay_ms") == 0, "more is there now");
        }

        Assert.Equal(ids, found);
        Assert.InRange(pages, 3, 5);

        static string Long() => $"\"{Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(125_000))}\"";
    }

    [Fact]
    public async Task Who_waits_is_answered_in_the_form_asked_for_too()
    {
        var queue = await app.NewQueueAsync();
        var now = await app.Admin.NowAsync();
        using var http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = System.Net.DecompressionMethods.None });
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(app.Admin.Address, $"/api/v1/oplog?queue={queue}&cursor={now}&wait=60"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", app.Admin.Key);
        request.Headers.AcceptEncoding.ParseAdd("gzip");
        request.Headers.Accept.ParseAdd("application/cloudevents-batch+json");
        var waiting = http.SendAsync(request, TestContext.Current.CancellationToken);

        var text = new string('x', 5_000);
        var id = await app.Admin.CreateAsync(queue, $"\"meta\": {{\"report\": \"{text}\"}}");

        using var response = await waiting;
        Assert.Equal(("application/cloudevents-batch+json", "gzip"), (response.Content.Headers.ContentType!.MediaType, Assert.Single(response.Content.Headers.ContentEncoding)));
        await using var gzip = new GZipStream(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken), CompressionMode.Decompress);
        using var batch = await JsonDocument.ParseAsync(gzip, cancellationToken: TestContext.Current.CancellationToken);
        var only = Assert.Single(batch.RootElement.EnumerateArray());
        Assert.Equal((id, text), (only.Text("subject"), only.GetProperty("data").GetProperty("diff").GetProperty("set").Text("meta.report")));
        var next = response.Headers.GetValues("x-next-cursor").Single();
        Assert.Empty((await app.Admin.GetAsync($"/oplog?queue={queue}&cursor={next}")).Ok().GetProperty("ops").EnumerateArray());
    }

    [Fact]
    public async Task One_op_is_read_by_its_name_by_those_who_reach_its_queue()
    {
        var prefix = RunningApp.NewName("named");
        var queue = await app.NewQueueAsync(below: prefix);
        await app.Admin.CreateAsync(queue);
        var op = Assert.Single(await app.Admin.ReadAllAsync(queue: queue));
        var path = $"/oplog/{op.Text("shard")}/{op.Number("opid")}";

        (await app.Admin.GetAsync(path)).Ok().Is(op.GetRawText());
        (await (await app.AsAsync(Role.Reader, prefix)).GetAsync(path)).Ok();
        (await (await app.AsAsync(Role.Reader, "elsewhere")).GetAsync(path)).Problem(404, "not_found");
        foreach (var wrong in new[] { "/oplog/hot-9/1", $"/oplog/{op.Text("shard")}/999999999", $"/oplog/{op.Text("shard")}/-1", $"/oplog/{op.Text("shard")}/x" })
            (await app.Admin.GetAsync(wrong)).Problem(404, "not_found");
    }

    [Fact]
    public async Task Two_hundred_who_wait_are_each_answered_with_their_own_queues_ops()
    {
        var queues = new List<string>();
        for (var i = 0; i < 20; i++)
            queues.Add(await app.NewQueueAsync($"hot-{i % 2}"));
        var now = await app.Admin.NowAsync();
        var waiting = queues.SelectMany(queue => Enumerable.Range(0, 10).Select(async _ => (Queue: queue, Page: (await app.Admin.GetAsync($"/oplog?queue={queue}&cursor={now}&wait=30")).Ok()))).ToList();
        await Task.Delay(300);

        var made = new Dictionary<string, string>();
        foreach (var queue in queues)
            made[queue] = await app.Admin.CreateAsync(queue);

        foreach (var answer in await Task.WhenAll(waiting))
            Assert.Equal(made[answer.Queue], Assert.Single(answer.Page.GetProperty("ops").EnumerateArray()).Text("ticket_id"));
    }

    [Fact]
    public async Task Who_waits_is_not_shown_a_queue_out_of_reach_that_was_made_meanwhile()
    {
        var prefix = RunningApp.NewName("mine");
        var reader = await app.AsAsync(Role.Reader, prefix);
        var now = await reader.NowAsync();
        var waiting = reader.GetAsync($"/oplog?cursor={now}&wait=30");
        await Task.Delay(150);
        var foreign = await app.NewQueueAsync();
        for (var i = 0; i < 3; i++)
            await app.Admin.CreateAsync(foreign);
        await Task.Delay(300);
        Assert.False(waiting.IsCompleted);

        var mine = await app.NewQueueAsync(below: prefix);
        var id = await app.Admin.CreateAsync(mine);

        Assert.Equal(id, Assert.Single((await waiting).Ok().GetProperty("ops").EnumerateArray()).Text("ticket_id"));
    }
}
