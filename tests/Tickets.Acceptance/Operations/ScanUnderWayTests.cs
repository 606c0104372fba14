using System.Security.Cryptography;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Npgsql;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Scan;
using Tickets.Core.Operations.Erase;
using Tickets.Core.Operations.Scans;
using Tickets.Core.Platform;

namespace Tickets.Acceptance.Operations;

/// <summary>Scans that are held before they commit a piece of their result: what happens to them meanwhile is certain to meet them under way.</summary>
public class ScanUnderWayTests(RunningApp app)
{
    private static readonly (string, string)[] SmallUnits = [("Archive__ScanUnitBytes", "1024"), ("Orchestration__Lease", "00:00:03")];
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task A_scan_of_several_units_whose_process_is_killed_in_the_midst_of_them_ends_with_every_ticket_once()
    {
        await using var side = await SideApp.StartAsync(app, withApp: true, SmallUnits);
        var (queue, ids) = await ArchivedAsync(side, days: 9);
        await using var settings = NpgsqlDataSource.Create(side.Stack.SettingsDatabase);
        string operation;
        await using (await HoldAsync(settings))
        {
            operation = (await side.Admin.PostAsync("/cold/scans", $$"""{"query": {"queue": "{{queue}}"}, "projection": ["ticket_id"]}""")).Json.Text("id")!;
            // In the hands of the only process there is.
            await AsksToCommitAsync(settings);
            await side.Stack.Apps[0].KillAsync();
        }

        var second = side.Admin.At((await side.Stack.StartAppAsync()).Address);
        var ended = await second.EndAsync(operation);

        Assert.Equal(("succeeded", ids.Length, ids.Length), (ended.Text("status"), ended.GetProperty("result").Number("matched"), ended.GetProperty("result").Number("scanned")));
        var lines = (await second.GetAsync($"/operations/{operation}/result")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(ids.Order(), lines.Select(line => JsonElement.Parse(line).Text("ticket_id")!).Order());
        Assert.Equal(9, (await PiecesAsync(operation)).Count);
    }

    [Fact]
    public async Task A_key_has_few_scans_at_once_however_many_processes_it_asks_and_a_cancelled_one_makes_room()
    {
        await using var side = await SideApp.StartAsync(app, withApp: true, SmallUnits);
        var (queue, _) = await ArchivedAsync(side, days: 1);
        Api[] processes = [side.Admin, side.Admin.At((await side.Stack.StartAppAsync()).Address)];
        await using var settings = NpgsqlDataSource.Create(side.Stack.SettingsDatabase);
        await using var hold = await HoldAsync(settings);

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => processes[i % 2].PostAsync("/cold/scans", $$"""{"query": {"queue": "{{queue}}"} }""")));

        var started = answers.Where(answer => answer.Status == 202).Select(answer => answer.Json.Text("id")!).ToList();
        Assert.Equal(2, started.Count);
        foreach (var refused in answers.Where(answer => answer.Status != 202))
        {
            refused.Problem(429, "too_many_requests");
            Assert.True(int.Parse(refused.Headers["Retry-After"]) > 0);
        }

        (await processes[1].PostAsync($"/operations/{started[0]}/cancel", null)).Ok();
        Assert.Equal("canceled", (await processes[0].EndAsync(started[0])).Text("status"));
        Assert.Equal(202, (await processes[0].PostAsync("/cold/scans", $$"""{"query": {"queue": "{{queue}}"} }""")).Status);
        Assert.Equal(429, (await processes[1].PostAsync("/cold/scans", $$"""{"query": {"queue": "{{queue}}"} }""")).Status);
    }

    [Fact]
    public async Task A_scan_that_read_a_ticket_before_its_erasure_does_not_leave_it_in_its_result()
    {
        var secret = $"Mallory-{Guid.NewGuid():n}";
        var queue = await app.NewQueueAsync("hot-0");
        var (erased, other) = (await ClosedAsync(app.Admin, queue, 1, $"\"{secret}\""), await ClosedAsync(app.Admin, queue, 1, "\"nobody\""));
        await using var process = await CoreProcess.StartAsync(app.Stack);
        Assert.Equal(2, (await process.ArchiveAsync(queue)).Tickets);
        var (units, erase, operation) = (process.Get<ScanUnits>(), process.Get<EraseTickets>(), $"op-test{Guid.NewGuid():n}");
        var request = new ScanRequest(queue, new DateOnly(1990, 1, 1), new DateOnly(1990, 12, 31), [], null);
        Assert.Equal(1, (await units.PlanAsync(operation, request, Cancel)).Units);
        await using var settings = NpgsqlDataSource.Create(app.Stack.SettingsDatabase);

        Task<ScanTally> reading;
        await using (await HoldAsync(settings))
        {
            reading = Task.Run(() => units.RunAsync(operation, request, 0, Cancel));
            await AsksToCommitAsync(settings);
            // All of the erasure but its last step, which waits for such scans, and that without waiting.
            var tickets = (await erase.FromHotAsync(new EraseRequest(queue, [erased]), operation, Cancel)).Value!.Tickets;
            foreach (var day in await erase.ColdDaysAsync(tickets, Cancel))
                Assert.True((await erase.FromDayAsync(day, tickets, Cancel)).Complete);
            Assert.Equal(0, await process.Get<ResultFiles>().EraseAsync(new HashSet<long> { long.Parse(erased) }, Cancel));
            Assert.False(reading.IsCompleted);
        }

        Assert.Equal(1, (await reading).Matched);
        Assert.Equal(0, await Erasing.OccurrencesAsync(app, secret));
        var piece = await new BlobServiceClient(app.Stack.StorageConnectionString).GetBlobContainerClient("results").GetBlobClient($"{operation}/000000.jsonl").DownloadContentAsync(Cancel);
        Assert.Equal(other, JsonElement.Parse(piece.Value.Content).Text("ticket_id"));
    }

    [Fact(Explicit = true)]
    public async Task A_large_result_goes_up_while_it_is_found_and_is_erased_from_without_being_held()
    {
        var queue = await app.NewQueueAsync("hot-1");
        var ids = new List<string>();
        for (var i = 0; i < 12; i++)
            ids.Add(await ClosedAsync(app.Admin, queue, 1, $"{Long()}, \"b\": {Long()}, \"c\": {Long()}, \"d\": {Long()}"));
        await using var process = await CoreProcess.StartAsync(app.Stack);
        Assert.Equal(ids.Count, (await process.ArchiveAsync(queue)).Tickets);

        var scan = await app.Admin.RunAsync("/cold/scans", $$"""{"query": {"queue": "{{queue}}"} }""");
        var piece = Assert.Single(await PiecesAsync(scan.Text("id")!));
        Assert.Equal([4 << 20, 4 << 20], (await piece.GetBlockListAsync(cancellationToken: Cancel)).Value.CommittedBlocks.Take(2).Select(block => block.SizeLong));
        var erased = await app.Admin.RunAsync("/cold/erasures", $$"""{"queue": "{{queue}}", "ticket_ids": ["{{ids[5]}}", "{{ids[11]}}"]}""");
        Assert.Equal(2, erased.GetProperty("result").Number("result_lines"));

        Assert.Equal([4 << 20], (await piece.GetBlockListAsync(cancellationToken: Cancel)).Value.CommittedBlocks.Take(1).Select(block => block.SizeLong));
        var left = (await app.Admin.GetAsync($"/operations/{scan.Text("id")}/result")).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line)).ToList();
        Assert.Equal(ids.Except([ids[5], ids[11]]), left.Select(line => line.Text("ticket_id")!));
        Assert.All(left, line => Assert.Equal(200_000, line.GetProperty("meta").GetProperty("d").Text("data")!.Length));

        static string Long() => $"\"{Convert.ToHexString(RandomNumberGenerator.GetBytes(100_000))}\"";
    }

    /// <summary>Nobody commits a piece of a result until it is disposed.</summary>
    private static async Task<IAsyncDisposable> HoldAsync(NpgsqlDataSource settings) =>
        await AdvisoryLock.WaitAsync(() => AdvisoryLock.TryTakeAsync(settings, (ResultFence.LockClass, 0), shared: false, Cancel), TimeSpan.FromMinutes(1), "held", TimeProvider.System, Cancel);

    /// <summary>Waits until a unit has read everything and asks for the lock.</summary>
    private static Task<TimeSpan> AsksToCommitAsync(NpgsqlDataSource settings) => Eventually.IsAsync(async () =>
    {
        await using var command = settings.CreateCommand(
            "select exists (select from pg_stat_activity where query like '%pg_try_advisory_lock_shared%' and datname = current_database() and pid <> pg_backend_pid())");
        return (bool)(await command.ExecuteScalarAsync(Cancel))!;
    });

    private static async Task<(string Queue, string[] Ids)> ArchivedAsync(SideApp side, int days)
    {
        var queue = await side.NewQueueAsync("hot-0");
        var ids = await Task.WhenAll(Enumerable.Range(0, days * 3).Select(i => ClosedAsync(side.Admin, queue, (i % days) + 1, $"\"{Convert.ToHexString(RandomNumberGenerator.GetBytes(500))}\"")));
        await using var process = await CoreProcess.StartAsync(side.Stack);
        Assert.Equal(ids.Length, (await process.ArchiveAsync(queue)).Tickets);
        return (queue, ids);
    }

    private static async Task<string> ClosedAsync(Api api, string queue, int day, string person)
    {
        var id = await api.CreateAsync(queue, $"\"created_at\": \"1990-01-{day:00}T00:00:00Z\", \"meta\": {{\"person\": {person}}}");
        await api.CloseAsync(queue, id);
        return id;
    }

    private async Task<IReadOnlyList<BlockBlobClient>> PiecesAsync(string operation)
    {
        var container = new BlobServiceClient(app.Stack.StorageConnectionString).GetBlobContainerClient("results");
        var pieces = new List<BlockBlobClient>();
        await foreach (var blob in container.GetBlobsAsync(prefix: $"{operation}/", cancellationToken: Cancel))
        {
            if (blob.Name.EndsWith(".jsonl", StringComparison.Ordinal))
                pieces.Add(container.GetBlockBlobClient(blob.Name));
        }

        return pieces;
    }
}
