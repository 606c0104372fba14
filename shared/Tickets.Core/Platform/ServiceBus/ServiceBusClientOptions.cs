using Azure.Core;

namespace Tickets.Core.Platform.ServiceBus;

/// <summary>Retries, transport and diagnostics of the client, as in every Azure client.</summary>
public sealed class ServiceBusClientOptions : ClientOptions
{
    public ServiceBusClientOptions()
    {
        Retry.Mode = RetryMode.Exponential;
        Retry.MaxRetries = 3;
        Retry.Delay = TimeSpan.FromSeconds(0.8);
        Retry.MaxDelay = TimeSpan.FromMinutes(1);
        Retry.NetworkTimeout = TimeSpan.FromMinutes(1);
    }
}
