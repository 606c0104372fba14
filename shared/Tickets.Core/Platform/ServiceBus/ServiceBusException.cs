namespace Tickets.Core.Platform.ServiceBus;

public enum ServiceBusFailureReason
{
    GeneralError,

    /// <summary>There is no such topic, or it was taken away.</summary>
    MessagingEntityNotFound,

    /// <summary>The message, or the batch, is larger than the topic takes.</summary>
    MessageSizeExceeded,

    /// <summary>The topic is full.</summary>
    QuotaExceeded,

    /// <summary>Throttled: nothing was taken. Come back after two seconds, or after what <see cref="ServiceBusException.RetryAfter"/> says.</summary>
    ServiceBusy,

    /// <summary>The service gave up; the messages may have been taken.</summary>
    ServiceTimeout,

    /// <summary>There was no answer; the messages may have been taken.</summary>
    ServiceCommunicationProblem,
}

/// <summary>A send that failed. Rights that are missing are an <see cref="UnauthorizedAccessException"/> instead, as in the official package.</summary>
public sealed class ServiceBusException(string message, ServiceBusFailureReason reason, bool isTransient, Exception? innerException = null) : Exception(message, innerException)
{
    public ServiceBusFailureReason Reason { get; } = reason;

    /// <summary>Whether the same send may succeed later.</summary>
    public bool IsTransient { get; } = isTransient;

    /// <summary>The HTTP status; 0 when there was no answer.</summary>
    public int Status { get; init; }

    /// <summary>How long the service asked to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
