using Azure.Storage.Blobs;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Index;
using Tickets.Core.Operations.Erase;
using Tickets.Core.Operations.Restore;
using Tickets.Core.Ticketing;

namespace Tickets.Acceptance.Operations;

/// <summary>Erasures beside other things that carry copies of a ticket, and of copies that lie where nobody looks.</summary>
public class EraseRaceTests(RunningApp app)
{
    private static int _days;

    // Each test's own: an erasure clears what was replaced out of its day in every queue, and counts that.
    private readonly DateOnly _day = new DateOnly(1987, 1, 5).AddDays(Interlocked.Increment(ref _days));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_ticket_whose_erasure_has_begun_does_not_come_back_from_a_copy_that_is_still_there()
    {
        var queue = await app.NewQueueAsync("hot-1");
        await using var process = await CoreProcess.StartAsync(app.Stack);
        var id = await ArchivedAsync(process, queue, "here");

        // The erasure's first step, and there it stands; the copy in its part is not taken out yet.
        Assert.Single((await process.Get<EraseTickets>().FromHotAsync(new EraseRequest(queue, [id]), "op-first", Cancel)).Value!.Tickets);
        Assert.Equal("ticket_not_found", (await process.Get<RestoreTicket>().RunAsync(queue, long.Parse(id), Cancel)).Problem?.Code);
        Assert.Empty(await process.Get<TicketLocator>().FindAsync(long.Parse(id), Cancel));

        // Nor when the queue has gone to a shard that the erasure did not ask the ticket of.
        await using var relocator = await Moves.Relocator.StartAsync(app.Stack);
        await relocator.MoveAsync(queue, "move", "hot-0");
        await relocator.ClearAsync(queue, "move");
        Assert.Equal("ticket_not_found", (await process.Get<RestoreTicket>().RunAsync(queue, long.Parse(id), Cancel)).Problem?.Code);
        Assert.Equal(1, (await app.Admin.RunAsync("/cold/erasures", $$"""{"queue": "{{queue}}", "ticket_ids": ["{{id}}"]}""")).GetProperty("result").Number("tickets"));
        (await app.Admin.GetAsync($"/tickets/{id}")).Problem(404, "ticket_not_found");
    }

    [Fact]
    public async Task Of_restores_and_erasures_of_the_same_tickets_at_once_no_ticket_comes_back()
    {
        var queue = await app.NewQueueAsync("hot-0");
        await using var process = await CoreProcess.StartAsync(app.Stack);
        var ids = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => ClosedAsync(queue, "\"n\": 1")));
        Assert.Equal(ids.Length, (await process.ArchiveAsync(queue)).Tickets);
        Api[] processes = [app.Admin, await app.SecondAsync()];

        var restores = ids.Select((id, i) => processes[i % 2].PostAsync($"/tickets/{id}/restore", $$"""{"queue": "{{queue}}"}"""));
        var erasures = Enumerable.Range(0, 4).Select(i => processes[i % 2].PostAsync(
            "/cold/erasures", $$"""{"queue": "{{queue}}", "ticket_ids": [{{string.Join(", ", ids.Where((_, n) => n % 4 == i).Select(id => $"\"{id}\""))}}]}"""));
        var started = await Task.WhenAll(restores.Concat(erasures));
        foreach (var operation in started.Where(answer => answer.Status == 202))
            await app.Admin.EndAsync(operation.Json.Text("id")!);

        Assert.All(started[ids.Length..], erasure => Assert.Equal(202, erasure.Status));
        foreach (var id in ids)
            (await app.Admin.GetAsync($"/tickets/{id}")).Problem(404, "ticket_not_found");
        Assert.Equal(ids.Length, (await ChangeLog.OplogReader.ReadAllAsync(app.Admin, queue: queue)).Count(op => op.Text("kind") == "erased"));
    }

    [Fact]
    public async Task An_erasure_reaches_the_parts_of_queues_that_the_ticket_was_in_before()
    {
        var secret = $"Mallory-{Guid.NewGuid():n}";
        var (before, queue) = (await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-1"));
        await using var process = await CoreProcess.StartAsync(app.Stack);
        var id = await ArchivedAsync(process, before, secret);
        Assert.False((await process.Get<RestoreTicket>().RunAsync(before, long.Parse(id), Cancel)).IsProblem);
        (await app.Admin.PatchAsync($"/tickets/{id}", $$"""{"queue": "{{before}}", "set": {"queue": "{{queue}}"} }""")).Ok();
        await Eventually.IsAsync(async () => (await process.ArchiveAsync(queue)).Tickets == 1);
        Assert.Equal(2, await Erasing.OccurrencesAsync(app, secret));

        var erased = await app.Admin.RunAsync("/cold/erasures", $$"""{"queue": "{{queue}}", "ticket_ids": ["{{id}}"]}""");

        Assert.Equal((1, 2), (erased.GetProperty("result").Number("tickets"), erased.GetProperty("result").Number("parts")));
        Assert.Equal(0, await Erasing.OccurrencesAsync(app, secret));
    }

    [Fact]
    public async Task An_erasure_reaches_blobs_that_were_replaced_and_blobs_that_no_row_lists()
    {
        var secret = $"Mallory-{Guid.NewGuid():n}";
        var queue = await app.NewQueueAsync("hot-0");
        await using var process = await CoreProcess.StartAsync(app.Stack);
        var id = await ArchivedAsync(process, queue, secret);
        await LeaveOrphanAsync(queue);
        Assert.False((await process.Get<RestoreTicket>().RunAsync(queue, long.Parse(id), Cancel)).IsProblem);
        // The part is written anew without it, since it is hot; the one that was replaced still has it.
        var row = await process.Get<ColdShards>().ReadDayAsync(queue, _day, Cancel);
        Assert.NotNull(await process.Get<Compaction>().RewriteAsync(queue, _day, row.Parts, new HashSet<long>(), Cancel));
        Assert.Equal(2, await Erasing.OccurrencesAsync(app, secret));

        var erased = await app.Admin.RunAsync("/cold/erasures", $$"""{"queue": "{{queue}}", "ticket_ids": ["{{id}}"]}""");

        Assert.Equal((1, 0, 2), (erased.GetProperty("result").Number("tickets"), erased.GetProperty("result").Number("parts"), erased.GetProperty("result").Number("blobs")));
        Assert.Equal(0, await Erasing.OccurrencesAsync(app, secret));
    }

    [Fact]
    public async Task The_first_step_of_an_erasure_may_be_repeated_and_tells_the_same()
    {
        var queue = await app.NewQueueAsync("hot-0");
        await using var process = await CoreProcess.StartAsync(app.Stack);
        var cold = await ArchivedAsync(process, queue, "there");
        var hot = await app.Admin.CreateAsync(queue);
        var erase = process.Get<EraseTickets>();
        await process.Get<SettingsCache>().RefreshAsync(Cancel);

        var first = (await erase.FromHotAsync(new EraseRequest(queue, [cold, hot, "4711"]), "op-one", Cancel)).Value!;
        var again = (await erase.FromHotAsync(new EraseRequest(queue, [cold, hot, "4711"]), "op-one", Cancel)).Value!;

        Assert.Equal([2, 2], [first.There, again.There]);
        Assert.Equal(new[] { cold, hot }.Order(), first.Tickets.Select(ticket => $"{ticket.TicketId}").Order());
        Assert.Equal(first.Tickets, again.Tickets);
        Assert.Equal(2, (await ChangeLog.OplogReader.ReadAllAsync(app.Admin, queue: queue)).Count(op => op.Text("kind") == "erased"));
    }

    [Fact]
    public async Task An_erasure_leaves_tickets_of_other_queues_alone_whose_ids_it_is_given()
    {
        var secret = $"Mallory-{Guid.NewGuid():n}";
        var (mine, other) = (await app.NewQueueAsync("hot-0"), await app.NewQueueAsync("hot-0"));
        await using var process = await CoreProcess.StartAsync(app.Stack);
        var (cold, hot) = (await ArchivedAsync(process, other, secret), await app.Admin.CreateAsync(other, $"\"meta\": {{\"person\": \"{secret}\"}}"));

        var erased = await app.Admin.RunAsync("/cold/erasures", $$"""{"queue": "{{mine}}", "ticket_ids": ["{{cold}}", "{{hot}}"]}""");

        erased.GetProperty("result").Is("""{"tickets": 0, "parts": 0, "blobs": 0, "ops": 0, "result_lines": 0}""");
        Assert.Contains(secret, (await app.Admin.GetAsync($"/tickets/{cold}?queue={other}")).Text);
        Assert.Equal(2, (await ChangeLog.OplogReader.ReadAllAsync(app.Admin, queue: other)).Count(op => op.GetRawText().Contains(secret, StringComparison.Ordinal)));
        Assert.False((await process.Get<RestoreTicket>().RunAsync(other, long.Parse(cold), Cancel)).IsProblem);
    }

    private async Task<string> ArchivedAsync(CoreProcess process, string queue, string secret)
    {
        var id = await ClosedAsync(queue, $"\"person\": \"{secret}\"");
        var beside = await ClosedAsync(queue, "\"person\": \"nobody\"");
        Assert.Equal(2, (await process.ArchiveAsync(queue)).Tickets);
        Assert.Equal("cold", (await app.Admin.TicketAsync(queue, beside)).Text("tier"));
        return id;
    }

    private async Task<string> ClosedAsync(string queue, string meta)
    {
        var id = await app.Admin.CreateAsync(queue, $"\"created_at\": \"{_day:O}T00:00:00Z\", \"meta\": {{{meta}}}");
        await app.Admin.CloseAsync(queue, id);
        return id;
    }

    /// <summary>As a run leaves it that is killed after it has written a part and before any row lists it.</summary>
    private async Task LeaveOrphanAsync(string queue)
    {
        var container = new BlobServiceClient(app.Stack.StorageConnectionString).GetBlobContainerClient("cold");
        await foreach (var blob in container.GetBlobsAsync(Azure.Storage.Blobs.Models.BlobTraits.Metadata, prefix: PartName.Prefix(queue, _day), cancellationToken: Cancel))
        {
            var content = await container.GetBlobClient(blob.Name).DownloadContentAsync(Cancel);
            await container.GetBlobClient(PartName.Of(queue, _day, PartName.NewId()))
                .UploadAsync(content.Value.Content, new Azure.Storage.Blobs.Models.BlobUploadOptions { Metadata = blob.Metadata }, Cancel);
            return;
        }

        Assert.Fail("no part");
    }
}
