using Azure.Identity;
using Microsoft.Extensions.Configuration;

namespace Tickets.Core.Platform.ServiceBus;

/// <summary>The namespace that configuration names, under the name that the Functions host's triggers use too.</summary>
public static class ServiceBusNamespace
{
    private const string Connection = "ServiceBusConnection";

    /// <summary>
    /// By <c>ServiceBusConnection:fullyQualifiedNamespace</c> with the process's own identity, which holds no secret and so wins, or by the
    /// connection string <c>ServiceBusConnection</c>.
    /// </summary>
    /// <returns>Null when neither is configured.</returns>
    /// <exception cref="InvalidOperationException">What is configured cannot be read.</exception>
    public static ServiceBusClient? FromConfiguration(IConfiguration configuration, ServiceBusClientOptions options)
    {
        if (configuration[$"{Connection}:fullyQualifiedNamespace"] is { Length: > 0 } name)
            return new ServiceBusClient(name, new DefaultAzureCredential(), options);
        if (configuration[Connection] is not { Length: > 0 } connectionString)
            return null;
        try
        {
            return new ServiceBusClient(connectionString, options);
        }
        catch (FormatException fault)
        {
            throw new InvalidOperationException($"{Connection} cannot be used: {fault.Message}", fault);
        }
    }
}
