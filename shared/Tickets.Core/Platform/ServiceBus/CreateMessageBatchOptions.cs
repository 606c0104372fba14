namespace Tickets.Core.Platform.ServiceBus;

public sealed class CreateMessageBatchOptions
{
    /// <summary>
    /// The standard tier takes 256 KB, payload and all properties counted by the service's own measure; this much JSON stays below it
    /// with certainty.
    /// </summary>
    public long MaxSizeInBytes { get; set; } = 200_000;
}
