using Azure.Core;
using Azure.Core.Pipeline;

namespace Tickets.Core.Platform.ServiceBus;

/// <summary>A token and the time until which it is good.</summary>
internal sealed record ServiceBusToken(string Header, DateTimeOffset Expires);

/// <summary>
/// Puts a token on every attempt. It is made anew some time before it expires, and when it was refused: clocks differ and keys are
/// rolled. What is refused then as well is the answer.
/// </summary>
internal sealed class ServiceBusAuthorization(Func<HttpMessage, ValueTask<ServiceBusToken>> make, TimeProvider clock) : HttpPipelinePolicy
{
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private volatile ServiceBusToken? _token;

    public static ServiceBusAuthorization BySharedKey(ServiceBusConnectionStringProperties properties, TimeProvider clock) => new(
        _ =>
        {
            var expires = clock.GetUtcNow() + Lifetime;
            return new ValueTask<ServiceBusToken>(new ServiceBusToken(
                SharedAccessSignature.Make(properties.RestEndpoint, properties.SharedAccessKeyName, properties.SharedAccessKey, expires), expires));
        },
        clock);

    /// <summary>By Microsoft Entra ID. Never over plain HTTP, where others could read the token.</summary>
    public static ServiceBusAuthorization ByCredential(TokenCredential credential, TimeProvider clock) => new(
        async message =>
        {
            if (message.Request.Uri.Scheme != "https")
                throw new InvalidOperationException("A bearer token is sent over https only.");
            var token = await credential.GetTokenAsync(new TokenRequestContext(["https://servicebus.azure.net/.default"], isCaeEnabled: true), message.CancellationToken);
            return new ServiceBusToken($"Bearer {token.Token}", token.ExpiresOn);
        },
        clock);

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var token = _token;
        if (token is null || token.Expires - Margin <= clock.GetUtcNow())
            _token = token = await make(message);
        await SendAsync(token);
        if (message.Response.Status != 401)
            return;
        _token = token = await make(message);
        message.Response.Dispose();
        await SendAsync(token);

        ValueTask SendAsync(ServiceBusToken by)
        {
            message.Request.Headers.SetValue(HttpHeader.Names.Authorization, by.Header);
            return ProcessNextAsync(message, pipeline);
        }
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("Messages are sent asynchronously.");
}
