using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;

namespace Tickets.Core.Platform.ServiceBus;

/// <summary>Sends to one topic.</summary>
public sealed class ServiceBusSender
{
    // With a charset behind it the service takes the array for the text of one message.
    private const string BatchType = "application/vnd.microsoft.servicebus.json";

    private readonly HttpPipeline _pipeline;
    private readonly Uri _address;

    internal ServiceBusSender(string entityPath, Uri endpoint, HttpPipeline pipeline)
    {
        EntityPath = entityPath;
        _pipeline = pipeline;
        _address = new Uri(endpoint, $"{Uri.EscapeDataString(entityPath)}/messages");
    }

    public string EntityPath { get; }

    public ValueTask<ServiceBusMessageBatch> CreateMessageBatchAsync(CancellationToken cancellationToken = default) =>
        CreateMessageBatchAsync(new CreateMessageBatchOptions(), cancellationToken);

    public ValueTask<ServiceBusMessageBatch> CreateMessageBatchAsync(CreateMessageBatchOptions options, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<ServiceBusMessageBatch>(new ServiceBusMessageBatch(options.MaxSizeInBytes));
    }

    /// <summary>Returns when all of them are stored.</summary>
    /// <exception cref="ServiceBusException">They are not, or it is not known whether they are.</exception>
    /// <exception cref="UnauthorizedAccessException">The key or identity may not send here, or the identity's issuer gave no token.</exception>
    public async Task SendMessagesAsync(ServiceBusMessageBatch messageBatch, CancellationToken cancellationToken = default)
    {
        using var message = _pipeline.CreateMessage();
        message.Request.Method = RequestMethod.Post;
        message.Request.Uri.Reset(_address);
        message.Request.Headers.SetValue(HttpHeader.Names.ContentType, BatchType);
        // The gateway's own repetition of a send would come out of order with what we send next.
        message.Request.Headers.SetValue("x-ms-retrypolicy", "NoRetry");
        message.Request.Content = RequestContent.Create(messageBatch.ToArray());
        try
        {
            await _pipeline.SendAsync(message, cancellationToken);
        }
        catch (Exception fault) when (fault is RequestFailedException or AggregateException or IOException || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw ServiceBusFailures.NoAnswer(fault);
        }
        catch (AuthenticationFailedException fault)
        {
            throw new UnauthorizedAccessException("No token for Service Bus could be had from the identity's issuer.", fault);
        }

        if (message.Response.Status != 201)
            throw ServiceBusFailures.From(message.Response.Status, message.Response.Content.ToString(), ServiceBusFailures.RetryAfter(message.Response));
    }

    /// <inheritdoc cref="SendMessagesAsync(ServiceBusMessageBatch, CancellationToken)"/>
    public async Task SendMessagesAsync(IEnumerable<ServiceBusMessage> messages, CancellationToken cancellationToken = default)
    {
        using var batch = await CreateMessageBatchAsync(cancellationToken);
        foreach (var message in messages)
        {
            if (!batch.TryAddMessage(message))
                throw new ServiceBusException("The messages are larger than one batch may be.", ServiceBusFailureReason.MessageSizeExceeded, isTransient: false);
        }

        await SendMessagesAsync(batch, cancellationToken);
    }
}
