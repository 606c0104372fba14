using System.Text;
using Azure.Storage.Blobs.Specialized;
using Npgsql;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;

namespace Tickets.Tests.Archive;

[Collection(nameof(ArchiveStack))]
public class ColdTicketsTests(ArchiveStack stack)
{
    private const string Queue = "q/a";
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_ticket_that_left_hot_between_the_reading_of_the_index_and_the_shards_answer_is_found()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        var indexRead = new TaskCompletionSource();
        var process = scene.Process(new StorageWatch(after: _ => indexRead.TrySetResult()));
        await using var connection = await scene.Database.OpenConnectionAsync(Cancel);
        await using var removal = await connection.BeginTransactionAsync(Cancel);
        await ExecuteAsync("lock table tier_moves in access exclusive mode");

        // It reads its first index, of an empty queue, and waits for the shard to say what has left it.
        var looking = Task.Run(() => scene.TextAsync(1_000_000, process));
        await indexRead.Task;
        var part = await scene.PutPartAsync(ColdScenes.Day, [1_000_000], "moved");
        var revision = await scene.Process().Shards.ReadRevisionAsync(scene.Queue.Name, Cancel);
        await ExecuteAsync($"insert into tier_moves (part, queue, first_id, last_id, revision, at, ids) values ({(long)PartName.ParseId(part.Part)}, '{scene.Queue.Name}', 1000000, 1000000, {revision}, now(), array[1000000])");
        await removal.CommitAsync(Cancel);

        Assert.Equal("moved", await looking);

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, removal);
            await command.ExecuteNonQueryAsync(Cancel);
        }
    }

    [Fact]
    public async Task A_lookup_takes_one_request_when_warm_and_two_when_the_block_index_is_cold()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        var documents = SampleParts.Documents(4_000);
        await PutAsync(scene, new DateOnly(2025, 3, 14), 1, documents);
        var watch = new StorageWatch();
        var tickets = scene.Process(watch).Tickets;

        Assert.Equal(4, (await LookupAsync(documents[7].Id)).StorageRequests);
        Assert.Equal(4, watch.Requests);
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(1, (await LookupAsync(documents[i * 79].Id)).StorageRequests);
            Assert.Equal(5 + i, watch.Requests);
        }

        Assert.Equal((51L, 54L), (tickets.Lookups, tickets.StorageRequests));

        // Another part of the same queue, which the shard tells of: what changed in the index, the block index and the block.
        var later = documents.Select(d => (d.Id + 100_000, SampleParts.Document(d.Id + 100_000, SampleParts.Text(new Random((int)d.Id), 500)))).ToList();
        await PutAsync(scene, new DateOnly(2025, 3, 15), 2, later);
        Assert.Equal(4, (await LookupAsync(later[5].Item1)).StorageRequests);
        Assert.Equal(1, (await LookupAsync(later[6].Item1)).StorageRequests);

        async Task<ColdLookup> LookupAsync(long id)
        {
            var found = await tickets.LookupAsync([Queue], id, Cancel);
            Assert.StartsWith($"{{\"ticket_id\":\"{id}\"", Encoding.UTF8.GetString(found.Json!.Value.Span));
            return found;
        }
    }

    [Fact]
    public async Task A_small_part_takes_one_request_even_when_cold()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await PutAsync(scene, new DateOnly(2025, 3, 14), 1, SampleParts.Documents(20));
        await PutAsync(scene, new DateOnly(2025, 3, 15), 2, [(5L, SampleParts.Document(5, "five"))]);
        var tickets = scene.Process().Tickets;
        await tickets.FindAsync(Queue, 5, Cancel);
        Assert.Equal(1, (await tickets.LookupAsync([Queue], SampleParts.Documents(20)[3].Id, Cancel)).StorageRequests);
    }

    [Fact]
    public async Task Overlapping_days_are_searched_in_full_and_small_ones_without_a_request_in_vain()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        // Ticket i was created on day i % 30: every day's range covers nearly all ids.
        for (var day = 0; day < 30; day++)
            await PutAsync(scene, new DateOnly(1990, 1, 1).AddDays(day), (ulong)day + 1, Enumerable.Range(0, 20).Select(i => (long)((i * 30) + day)).Select(id => (id, SampleParts.Document(id, $"ticket {id}"))));
        var tickets = scene.Process().Tickets;
        await tickets.FindAsync(Queue, 0, Cancel);
        for (var id = 0; id < 600; id++)
        {
            var found = await tickets.LookupAsync([Queue], id, Cancel);
            Assert.Equal(Encoding.UTF8.GetString(SampleParts.Document(id, $"ticket {id}")), Encoding.UTF8.GetString(found.Json!.Value.Span));
            Assert.Equal(1, found.StorageRequests);
        }
    }

    [Fact]
    public async Task Overlapping_large_parts_are_all_searched()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        for (var day = 0; day < 3; day++)
            await PutAsync(scene, new DateOnly(1990, 1, 1).AddDays(day), (ulong)day + 1, Enumerable.Range(0, 2_000).Select(i => (long)((i * 3) + day)).Select(id => (id, SampleParts.Document(id, $"ticket {id}"))));
        var tickets = scene.Process().Tickets;
        for (var id = 0; id < 6_000; id += 97)
            Assert.Equal(SampleParts.Document(id, $"ticket {id}"), (await tickets.FindAsync(Queue, id, Cancel))!.Value.ToArray());
    }

    [Fact]
    public async Task A_ticket_in_two_parts_counts_as_in_the_newer_one()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        var day = new DateOnly(2025, 3, 14);
        await PutAsync(scene, day, 9, [(1L, SampleParts.Document(1, "old")), (2L, SampleParts.Document(2, "old")), (7L, SampleParts.Document(7, "old"))]);
        await PutAsync(scene, day, 3, [(2L, SampleParts.Document(2, "new"))]);
        var tickets = scene.Process().Tickets;
        Assert.Equal(SampleParts.Document(2, "new"), (await tickets.FindAsync(Queue, 2, Cancel))!.Value.ToArray());
        Assert.Equal(SampleParts.Document(7, "old"), (await tickets.FindAsync(Queue, 7, Cancel))!.Value.ToArray());
    }

    [Fact]
    public async Task What_another_process_archived_a_moment_ago_is_found_by_a_warm_reader()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        var tickets = scene.Process().Tickets;
        for (var i = 1L; i <= 20; i++)
        {
            Assert.Null(await tickets.FindAsync(Queue, i, Cancel));
            await PutAsync(scene, new DateOnly(2025, 3, 14), (ulong)i, [(i, SampleParts.Document(i, "just now"))]);
            Assert.NotNull(await tickets.FindAsync(Queue, i, Cancel));
        }
    }

    [Fact]
    public async Task A_hundred_misses_at_once_ask_storage_for_nothing_while_nothing_moved()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await PutAsync(scene, new DateOnly(2025, 3, 14), 1, [(1L, SampleParts.Document(1, ""))]);
        var watch = new StorageWatch();
        var tickets = scene.Process(watch).Tickets;
        await tickets.FindAsync(Queue, 1, Cancel);
        var before = watch.Requests;
        Assert.All(await Task.WhenAll(Enumerable.Range(100, 100).Select(id => tickets.FindAsync(Queue, id, Cancel))), found => Assert.Null(found));
        Assert.Equal(before, watch.Requests);
    }

    [Fact]
    public async Task A_copy_of_the_index_that_is_too_old_is_refreshed_by_what_changed()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        scene.Options = scene.Options with { IndexMaxAge = TimeSpan.Zero };
        for (var day = 0; day < 40; day++)
            await PutAsync(scene, new DateOnly(2025, 1, 1).AddDays(day), (ulong)day + 1, [(day, SampleParts.Document(day, ""))]);
        var rows = new List<int>();
        var watch = new StorageWatch(after: message => { if (message.Request.Uri.ToString().Contains("Revision", StringComparison.Ordinal)) rows.Add(message.Response.Content.ToString().Split("RowKey").Length - 1); });
        var tickets = scene.Process(watch).Tickets;
        Assert.NotNull(await tickets.FindAsync(Queue, 5, Cancel));
        Assert.Empty(rows);
        await PutAsync(scene, new DateOnly(2025, 3, 14), 99, [(99L, SampleParts.Document(99, ""))]);
        Assert.NotNull(await tickets.FindAsync(Queue, 99, Cancel));
        Assert.Equal([1], rows);
        var before = watch.Requests;
        Assert.Null(await tickets.FindAsync(Queue, 7_777, Cancel));
        Assert.Equal(before + 1, watch.Requests);
    }

    [Fact]
    public async Task A_part_replaced_under_a_reader_is_looked_up_again()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        var day = new DateOnly(2025, 3, 14);
        var documents = SampleParts.Documents(100);
        await PutAsync(scene, day, 1, documents);
        var process = scene.Process();
        Assert.NotNull(await process.Tickets.FindAsync(Queue, documents[0].Id, Cancel));

        await PutAsync(scene, day, 2, documents);
        await process.Shards.CommitAsync(Queue, [day], d => d.Retire(PartName.Format(1), 0), Cancel);
        await scene.Blobs.GetBlobClient(PartName.Of(Queue, day, 1)).DeleteAsync(cancellationToken: Cancel);
        Assert.NotNull(await process.Tickets.FindAsync(Queue, documents[1].Id, Cancel));
    }

    [Fact]
    public async Task A_damaged_or_missing_part_is_named()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        var day = new DateOnly(2025, 3, 14);
        var documents = SampleParts.Documents(3_000);
        var name = await PutAsync(scene, day, 1, documents);
        var blob = scene.Blobs.GetBlockBlobClient(name);
        var good = (await blob.DownloadContentAsync(Cancel)).Value.Content.ToArray();
        var (indexOffset, _) = PartTail.ReadEnd(good.AsSpan(good.Length - PartTail.EndBytes));
        foreach (var at in new[] { 0, 5, 17, 3_000, (int)indexOffset, (int)indexOffset + 30 })
        {
            var bad = (byte[])good.Clone();
            bad[at] ^= 0x10;
            await blob.UploadAsync(new MemoryStream(bad), cancellationToken: Cancel);
            var damage = await Assert.ThrowsAsync<DamagedPartException>(() => scene.Process().Tickets.FindAsync(Queue, documents[0].Id, Cancel));
            Assert.Equal(name, damage.Part);
        }

        await blob.UploadAsync(new MemoryStream(good[..5_000]), cancellationToken: Cancel);
        Assert.Equal(name, (await Assert.ThrowsAsync<DamagedPartException>(() => scene.Process().Tickets.FindAsync(Queue, documents[0].Id, Cancel))).Part);
        await blob.DeleteAsync(cancellationToken: Cancel);
        Assert.Equal(name, (await Assert.ThrowsAsync<DamagedPartException>(() => scene.Process().Tickets.FindAsync(Queue, documents[0].Id, Cancel))).Part);
    }

    [Fact]
    public async Task Several_queues_are_asked_at_once()
    {
        await using var scene = await ArchiveScene.CreateAsync(stack);
        await PutAsync(scene, new DateOnly(2025, 3, 14), 1, [(1L, SampleParts.Document(1, ""))]);
        var found = await scene.Process().Tickets.LookupAsync(["other", Queue, "x/y#z"], 1, Cancel);
        Assert.Equal(Queue, found.Queue);
        Assert.Null((await scene.Process().Tickets.LookupAsync(["other", Queue], 2, Cancel)).Json);
        Assert.Null((await scene.Process().Tickets.LookupAsync([], 1, Cancel)).Json);
    }

    private static async Task<string> PutAsync(ArchiveScene scene, DateOnly day, ulong partId, IEnumerable<(long Id, byte[] Json)> documents)
    {
        var process = scene.Process();
        var name = PartName.Of(Queue, day, partId);
        await using var upload = process.Parts.Create(name);
        using var writer = new PartWriter(upload);
        var ids = new List<long>();
        foreach (var (id, json) in documents)
        {
            await writer.AppendAsync(id, json, Cancel);
            ids.Add(id);
        }

        var part = await writer.CompleteAsync(Cancel);
        await upload.CommitAsync(new Dictionary<string, string>(), Cancel);
        var revision = await process.Shards.CommitAsync(Queue, [day], d => d.With(DayPart.From(partId, part)), Cancel);
        // As the removal from hot tells it.
        await scene.ExecuteAsync($"insert into tier_moves (part, queue, first_id, last_id, revision, at, ids) values ({(long)partId}, '{Queue}', {part.MinId}, {part.MaxId}, {revision}, now(), array[{string.Join(',', ids)}])");
        return name;
    }
}
