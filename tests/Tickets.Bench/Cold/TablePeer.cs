using System.Text;
using Tickets.Core.Platform.Tables;

namespace Tickets.Bench.Cold;

/// <summary>The other design: a table with one row a ticket, its document in a property.</summary>
internal sealed class TablePeer(TableClient table)
{
    private const string Partition = "bench~cold";

    public async Task FillAsync(IEnumerable<(long Id, ReadOnlyMemory<byte> Json)> tickets)
    {
        await table.CreateIfNotExistsAsync();
        foreach (var batch in tickets.Chunk(50))
            await table.SubmitTransactionAsync(batch.Select(ticket => new TableTransactionAction(TableTransactionActionType.Add, Entity(ticket.Id, ticket.Json))));
    }

    public async Task<string> ReadAsync(long id) =>
        (await table.GetEntityAsync<TableEntity>(Partition, Key(id))).Value.GetString("Document") ?? throw new BenchException($"Row {id} has no document.");

    public static TableEntity Entity(long id, ReadOnlyMemory<byte> json) => new(Partition, Key(id)) { ["Document"] = Encoding.UTF8.GetString(json.Span) };

    /// <summary>What a row counts for in the service's own accounting: 4 bytes, its keys and property names in UTF-16, 8 bytes a property, and the values.</summary>
    public static long BytesOf(TableEntity entity)
    {
        var bytes = 4L + (2L * (entity.PartitionKey.Length + entity.RowKey.Length));
        foreach (var (name, value) in entity)
        {
            if (name is "PartitionKey" or "RowKey" || value is null)
                continue;
            bytes += 8 + (2 * name.Length) + value switch { string text => 4 + (2L * text.Length), int => 4, bool => 1, byte[] binary => 4 + binary.Length, _ => 8 };
        }

        return bytes;
    }

    private static string Key(long id) => id.ToString("D19");
}
