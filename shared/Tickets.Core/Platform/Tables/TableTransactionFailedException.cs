using Azure;

namespace Tickets.Core.Platform.Tables;

/// <summary>A transaction was refused as a whole; nothing of it was written.</summary>
public sealed class TableTransactionFailedException(RequestFailedException cause, int? failedTransactionActionIndex)
    : RequestFailedException(cause.Status, cause.Message, cause.ErrorCode, cause)
{
    /// <summary>Which action the service objected to, when it said so.</summary>
    public int? FailedTransactionActionIndex { get; } = failedTransactionActionIndex;
}
