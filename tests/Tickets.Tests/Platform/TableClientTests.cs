using Azure;
using Tickets.Core.Platform.Storage;
using Tickets.Core.Platform.Tables;
using Tickets.Tests.Archive;

namespace Tickets.Tests.Platform;

[Collection(nameof(ArchiveStack))]
public class TableClientTests(ArchiveStack stack)
{
    private static int _tables;
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_row_of_every_type_reads_back_as_written()
    {
        var table = await TableAsync();
        var row = new TableEntity("pärt'1", "a b+c%d")
        {
            ["Text"] = "it's ünïcödé 😀",
            ["Flag"] = true,
            ["Small"] = 7,
            ["Large"] = long.MaxValue,
            ["Real"] = 0.5,
            ["Whole"] = 2.0,
            ["Time"] = new DateTimeOffset(2025, 3, 14, 1, 59, 26, 535, TimeSpan.Zero),
            ["Id"] = new Guid("0f8fad5b-d9cb-469f-a165-70867728950e"),
            ["Bytes"] = new byte[] { 0, 1, 255 },
            ["Nothing"] = null,
        };
        await table.AddEntityAsync(row, Cancel);

        var read = (await table.GetEntityAsync<TableEntity>("pärt'1", "a b+c%d", Cancel)).Value;
        foreach (var (name, value) in row)
            Assert.Equal(value, read[name]);
        Assert.NotEqual(default, read.ETag);
        Assert.NotNull(read.Timestamp);

        var queried = await table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {"pärt'1"} and Large eq {long.MaxValue}"), cancellationToken: Cancel).SingleAsync(Cancel);
        Assert.Equal("it's ünïcödé 😀", queried.GetString("Text"));
        Assert.Equal(read.ETag, queried.ETag);
    }

    [Fact]
    public async Task A_stale_etag_is_refused_and_the_fresh_one_taken()
    {
        var table = await TableAsync();
        await table.AddEntityAsync(new TableEntity("p", "r") { ["A"] = 1, ["B"] = 1 }, Cancel);
        var first = (await table.GetEntityAsync<TableEntity>("p", "r", Cancel)).Value;
        await table.UpdateEntityAsync(new TableEntity("p", "r") { ["A"] = 2 }, first.ETag, TableUpdateMode.Merge, Cancel);

        var refused = await Assert.ThrowsAsync<RequestFailedException>(() => table.UpdateEntityAsync(new TableEntity("p", "r"), first.ETag, TableUpdateMode.Replace, Cancel));
        Assert.Equal((412, TableErrorCode.UpdateConditionNotSatisfied), (refused.Status, refused.ErrorCode));
        var merged = (await table.GetEntityAsync<TableEntity>("p", "r", Cancel)).Value;
        Assert.Equal((2, 1), (merged.GetInt32("A"), merged.GetInt32("B")));

        await table.UpdateEntityAsync(new TableEntity("p", "r") { ["C"] = 3 }, merged.ETag, TableUpdateMode.Replace, Cancel);
        Assert.False((await table.GetEntityAsync<TableEntity>("p", "r", Cancel)).Value.ContainsKey("A"));
        await table.UpsertEntityAsync(new TableEntity("p", "new") { ["C"] = 4 }, cancellationToken: Cancel);
        await table.DeleteEntityAsync("p", "r", cancellationToken: Cancel);
        await table.DeleteEntityAsync("p", "r", cancellationToken: Cancel);
        Assert.False((await table.GetEntityIfExistsAsync<TableEntity>("p", "r", Cancel)).HasValue);
        Assert.Equal(404, (await Assert.ThrowsAsync<RequestFailedException>(() => table.GetEntityAsync<TableEntity>("p", "r", Cancel))).Status);
    }

    [Fact]
    public async Task A_taken_key_and_a_missing_table_are_told_apart()
    {
        var table = await TableAsync();
        await table.AddEntityAsync(new TableEntity("p", "r"), Cancel);
        var taken = await Assert.ThrowsAsync<RequestFailedException>(() => table.AddEntityAsync(new TableEntity("p", "r"), Cancel));
        Assert.Equal((409, TableErrorCode.EntityAlreadyExists), (taken.Status, taken.ErrorCode));
        Assert.False(await table.CreateIfNotExistsAsync(Cancel));

        await table.DeleteAsync(Cancel);
        await table.DeleteAsync(Cancel);
        var missing = await Assert.ThrowsAsync<RequestFailedException>(() => table.AddEntityAsync(new TableEntity("p", "r"), Cancel));
        Assert.Equal((404, TableErrorCode.TableNotFound), (missing.Status, missing.ErrorCode));
    }

    [Fact]
    public async Task Rows_beyond_one_page_all_come_in_order()
    {
        var table = await TableAsync();
        foreach (var rows in Enumerable.Range(0, 250).Chunk(100))
            await table.SubmitTransactionAsync(rows.Select(i => new TableTransactionAction(TableTransactionActionType.Add, new TableEntity("p ü", $"{i:D4}"))), Cancel);

        var pages = await table.QueryAsync<TableEntity>("PartitionKey eq 'p ü'", maxPerPage: 60, cancellationToken: Cancel).AsPages().ToListAsync(Cancel);
        Assert.Equal([60, 60, 60, 60, 10], pages.Select(p => p.Values.Count));
        Assert.Equal(Enumerable.Range(0, 250).Select(i => $"{i:D4}"), pages.SelectMany(p => p.Values).Select(e => e.RowKey));
        Assert.Equal(250, await table.QueryAsync<TableEntity>(select: ["RowKey"], cancellationToken: Cancel).CountAsync(Cancel));
    }

    [Fact]
    public async Task A_transaction_is_written_whole_or_not_at_all_and_names_the_action_that_failed()
    {
        var table = await TableAsync();
        var answers = (await table.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.Add, new TableEntity("p", "1") { ["A"] = "x\r\ny--batch_tickets" }),
            new(TableTransactionActionType.UpsertReplace, new TableEntity("p", "2") { ["L"] = 5L }),
        ], Cancel)).Value;
        Assert.Equal([204, 204], answers.Select(a => a.Status));
        var one = (await table.GetEntityAsync<TableEntity>("p", "1", Cancel)).Value;
        Assert.Equal("x\r\ny--batch_tickets", one.GetString("A"));
        Assert.Equal(one.ETag.ToString(), answers[0].Headers.ETag.ToString());

        var failed = await Assert.ThrowsAsync<TableTransactionFailedException>(() => table.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.Add, new TableEntity("p", "3")),
            new(TableTransactionActionType.UpdateReplace, new TableEntity("p", "1") { ["A"] = "z" }, one.ETag),
            new(TableTransactionActionType.Add, new TableEntity("p", "2")),
        ], Cancel));
        Assert.Equal((409, 2), (failed.Status, failed.FailedTransactionActionIndex));
        Assert.Equal(TableErrorCode.EntityAlreadyExists, failed.ErrorCode);
        Assert.False((await table.GetEntityIfExistsAsync<TableEntity>("p", "3", Cancel)).HasValue);
        Assert.Equal(one.ETag, (await table.GetEntityAsync<TableEntity>("p", "1", Cancel)).Value.ETag);

        await table.UpsertEntityAsync(new TableEntity("p", "1") { ["A"] = "changed" }, cancellationToken: Cancel);
        var stale = await Assert.ThrowsAsync<TableTransactionFailedException>(() => table.SubmitTransactionAsync(
            [new(TableTransactionActionType.Delete, new TableEntity("p", "1"), one.ETag)], Cancel));
        Assert.Equal(412, stale.Status);
    }

    [Fact]
    public async Task A_wrong_key_is_refused_with_its_code()
    {
        var wrong = new TableServiceClient(stack.StorageConnectionString.Replace("AccountKey=E", "AccountKey=F", StringComparison.Ordinal));
        var refused = await Assert.ThrowsAsync<RequestFailedException>(() => wrong.GetTableClient("any").CreateIfNotExistsAsync(Cancel));
        Assert.Equal(403, refused.Status);
        Assert.False(string.IsNullOrEmpty(refused.ErrorCode));
    }

    private async Task<TableClient> TableAsync()
    {
        var table = StorageAccount.FromConnectionString(stack.StorageConnectionString).Tables.GetTableClient($"test{Interlocked.Increment(ref _tables)}");
        Assert.True(await table.CreateIfNotExistsAsync(Cancel));
        return table;
    }
}
