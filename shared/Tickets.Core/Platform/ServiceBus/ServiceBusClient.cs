using Azure.Core;
using Azure.Core.Pipeline;

namespace Tickets.Core.Platform.ServiceBus;

/// <summary>One Service Bus namespace.</summary>
public sealed class ServiceBusClient
{
    private readonly HttpPipeline _pipeline;
    private readonly Uri _endpoint;

    /// <param name="connectionString">With a shared access key; <c>UseDevelopmentEmulator=true</c> reaches a broker on this machine.</param>
    /// <exception cref="FormatException">The string lacks an endpoint or a key.</exception>
    public ServiceBusClient(string connectionString, ServiceBusClientOptions? options = null)
    {
        var properties = ServiceBusConnectionStringProperties.Parse(connectionString);
        FullyQualifiedNamespace = properties.FullyQualifiedNamespace;
        _endpoint = properties.RestEndpoint;
        _pipeline = Build(options, ServiceBusAuthorization.BySharedKey(properties, TimeProvider.System));
    }

    /// <param name="fullyQualifiedNamespace">For instance <c>acme.servicebus.windows.net</c>.</param>
    /// <param name="credential">Needs the role Azure Service Bus Data Sender.</param>
    public ServiceBusClient(string fullyQualifiedNamespace, TokenCredential credential, ServiceBusClientOptions? options = null)
    {
        FullyQualifiedNamespace = fullyQualifiedNamespace;
        _endpoint = new UriBuilder("https", fullyQualifiedNamespace).Uri;
        _pipeline = Build(options, ServiceBusAuthorization.ByCredential(credential, TimeProvider.System));
    }

    public string FullyQualifiedNamespace { get; }

    public ServiceBusSender CreateSender(string queueOrTopicName) => new(queueOrTopicName, _endpoint, _pipeline);

    // Per retry, so that an attempt that comes late has a token of its own time.
    private static HttpPipeline Build(ServiceBusClientOptions? options, HttpPipelinePolicy authorization) =>
        HttpPipelineBuilder.Build(new HttpPipelineOptions(options ?? new ServiceBusClientOptions()) { PerRetryPolicies = { authorization } });
}
