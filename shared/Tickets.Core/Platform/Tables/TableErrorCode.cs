namespace Tickets.Core.Platform.Tables;

/// <summary>Error codes of the service, as found in <see cref="Azure.RequestFailedException.ErrorCode"/>.</summary>
public static class TableErrorCode
{
    public const string EntityAlreadyExists = "EntityAlreadyExists";
    public const string ResourceNotFound = "ResourceNotFound";
    public const string TableAlreadyExists = "TableAlreadyExists";
    public const string TableNotFound = "TableNotFound";
    public const string UpdateConditionNotSatisfied = "UpdateConditionNotSatisfied";
}
