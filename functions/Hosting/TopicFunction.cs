using System.Text.Json;

namespace Tickets.Functions.Hosting;

/// <param name="services">The app's singletons.</param>
/// <param name="message">The message and its log.</param>
/// <param name="cancellation">Fires when the app stops. The message may come again: handling must be idempotent.</param>
internal delegate Task TopicHandler(IServiceProvider services, TopicMessage message, CancellationToken cancellation);

internal sealed record TopicFunction(string Name, string Topic, string Subscription, bool Sessions, TopicHandler Handle)
{
    public const string Binding = "message";

    /// <summary>The app setting that names the namespace.</summary>
    public const string Connection = "ServiceBusConnection";
}

/// <summary>A Service Bus message as the host brings it.</summary>
/// <param name="Body">Byte for byte as sent.</param>
/// <param name="DeliveryCount">1 on the first delivery.</param>
internal sealed record TopicMessage(
    ReadOnlyMemory<byte> Body,
    string? MessageId,
    string? SessionId,
    string? Subject,
    string? CorrelationId,
    string? ContentType,
    long? DeliveryCount,
    long? SequenceNumber,
    DateTimeOffset? EnqueuedAt,
    IReadOnlyDictionary<string, JsonElement> Properties)
{
    public InvocationLog Log { get; } = new();
}
