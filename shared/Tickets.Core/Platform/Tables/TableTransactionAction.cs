using Azure;

namespace Tickets.Core.Platform.Tables;

/// <summary>What a transaction does with one entity.</summary>
public enum TableTransactionActionType
{
    Add,
    UpdateMerge,
    UpdateReplace,
    Delete,
    UpsertMerge,
    UpsertReplace,
}

/// <summary>One action of a transaction; updates and deletes hold only if the stored entity has <paramref name="etag"/> (default: any).</summary>
public sealed class TableTransactionAction(TableTransactionActionType actionType, TableEntity entity, ETag etag = default)
{
    public TableTransactionActionType ActionType { get; } = actionType;
    public TableEntity Entity { get; } = entity;
    public ETag ETag { get; } = etag;
}
