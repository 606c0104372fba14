namespace Tickets.Core.Platform.ServiceBus;

/// <summary>A message to send.</summary>
/// <param name="body">UTF-8 text; receivers get it as one data section.</param>
public sealed class ServiceBusMessage(ReadOnlyMemory<byte> body)
{
    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>At most 128 characters. A topic with duplicate detection takes one message of each id within its window and drops the others.</summary>
    public string? MessageId { get; set; }

    /// <summary>At most 128 characters. Subscribers with sessions get the messages of one session in the order of sending.</summary>
    public string? SessionId { get; set; }

    public string? Subject { get; set; }

    public string? CorrelationId { get; set; }

    public string? ContentType { get; set; }

    /// <summary>What subscriptions filter by: strings, whole numbers and booleans.</summary>
    public IDictionary<string, object> ApplicationProperties { get; } = new Dictionary<string, object>(StringComparer.Ordinal);
}
