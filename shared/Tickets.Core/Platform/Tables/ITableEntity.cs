using Azure;

namespace Tickets.Core.Platform.Tables;

/// <summary>What every row of a table has.</summary>
public interface ITableEntity
{
    string PartitionKey { get; set; }
    string RowKey { get; set; }
    DateTimeOffset? Timestamp { get; set; }
    ETag ETag { get; set; }
}
