using System.Net;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Tickets.Core.Platform.ServiceBus;

namespace Tickets.Tests.ServiceBus;

[Collection(nameof(ServiceBusStack))]
public class ServiceBusSenderTests(ServiceBusStack stack)
{
    private static readonly ServiceBusClientOptions NoRetries = new() { Retry = { MaxRetries = 0 } };

    [Fact]
    public void A_signature_is_the_one_that_the_service_computes() =>
        Assert.Equal(
            "SharedAccessSignature sr=https%3A%2F%2Fcontoso.servicebus.windows.net%2Foplog&sig=OLVCC8xH6be75OZ9QqfNeWmW5%2FnLj00WQngshqDi8Bg%3D&se=1767225600&skn=send",
            SharedAccessSignature.Make(new Uri("https://contoso.servicebus.windows.net/oplog"), "send", "bm90LWEtcmVhbC1rZXk=", DateTimeOffset.FromUnixTimeSeconds(1767225600)));

    [Fact]
    public async Task Messages_are_stored_when_the_call_returns()
    {
        var topic = await stack.NewTopicAsync();
        var sender = new ServiceBusClient(stack.Broker.ConnectionString, NoRetries).CreateSender(topic);
        await sender.SendMessagesAsync([Message("a"), Message("b")]);
        await sender.SendMessagesAsync([Message("b"), Message("c")]);

        await stack.Broker.KillAsync();
        await stack.Broker.StartAsync();

        await using var received = Subscriber.Start(stack.Broker, topic, "s");
        await received.UntilAsync(topic, 3);
        Assert.Equal(["a", "b", "c"], received.Messages.Select(message => message.MessageId));
        Assert.All(received.Messages, message => Assert.Equal(("s1", "updated", 7L), (message.SessionId, (string)message.Properties["kind"]!, (long)message.Properties["opid"]!)));
    }

    [Theory]
    [InlineData(400, ServiceBusFailureReason.GeneralError, false)]
    [InlineData(404, ServiceBusFailureReason.MessagingEntityNotFound, false)]
    [InlineData(405, ServiceBusFailureReason.GeneralError, false)]
    [InlineData(410, ServiceBusFailureReason.MessagingEntityNotFound, false)]
    [InlineData(413, ServiceBusFailureReason.MessageSizeExceeded, false)]
    [InlineData(429, ServiceBusFailureReason.ServiceBusy, true)]
    [InlineData(500, ServiceBusFailureReason.GeneralError, true)]
    [InlineData(503, ServiceBusFailureReason.ServiceBusy, true)]
    [InlineData(504, ServiceBusFailureReason.ServiceTimeout, true)]
    [InlineData(403, ServiceBusFailureReason.QuotaExceeded, false, "The topic has reached its quota")]
    [InlineData(403, ServiceBusFailureReason.MessageSizeExceeded, false, "The received message (delivery-size 300000) is too large")]
    public async Task Every_refusal_says_what_it_means(int status, ServiceBusFailureReason reason, bool transient, string detail = "refused")
    {
        var topic = await stack.NewTopicAsync();
        await stack.PlanFaultsAsync(new { topic, status, detail, retryAfter = 3 });
        var sender = new ServiceBusClient(stack.Broker.ConnectionString, NoRetries).CreateSender(topic);

        var failure = await Assert.ThrowsAsync<ServiceBusException>(() => sender.SendMessagesAsync([Message("a")]));


        Assert.Equal((reason, transient), (failure.Reason, failure.IsTransient));
        Assert.Equal((status, TimeSpan.FromSeconds(3)), (failure.Status, failure.RetryAfter));
        Assert.Contains("TrackingId", failure.Message, StringComparison.Ordinal);
        await sender.SendMessagesAsync([Message("a")]);
    }

    [Theory]
    [InlineData("before")]
    [InlineData("after")]
    public async Task A_lost_answer_is_told_as_such_and_the_same_send_again_has_no_second_effect(string drop)
    {
        var topic = await stack.NewTopicAsync();
        await stack.PlanFaultsAsync(new { topic, drop });
        var sender = new ServiceBusClient(stack.Broker.ConnectionString, NoRetries).CreateSender(topic);

        var failure = await Assert.ThrowsAsync<ServiceBusException>(() => sender.SendMessagesAsync([Message("a")]));
        Assert.Equal((ServiceBusFailureReason.ServiceCommunicationProblem, true), (failure.Reason, failure.IsTransient));
        await sender.SendMessagesAsync([Message("a")]);
        await sender.SendMessagesAsync([Message("b")]);

        await using var received = Subscriber.Start(stack.Broker, topic, "s");
        await received.UntilAsync(topic, 2);
        Assert.Equal(["a", "b"], received.Messages.Select(message => message.MessageId));
    }

    [Fact]
    public async Task A_token_that_is_refused_is_made_anew_once()
    {
        var topic = await stack.NewTopicAsync();
        await stack.PlanFaultsAsync(new { topic, status = 401 });
        var sender = new ServiceBusClient(stack.Broker.ConnectionString, NoRetries).CreateSender(topic);
        await sender.SendMessagesAsync([Message("a")]);

        await stack.PlanFaultsAsync(new { topic, status = 401, times = 2 });
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => sender.SendMessagesAsync([Message("b")]));
    }

    [Fact]
    public async Task A_wrong_key_is_an_unauthorized_access()
    {
        var sender = new ServiceBusClient(stack.Broker.ConnectionString.Replace("SharedAccessKey=b", "SharedAccessKey=c", StringComparison.Ordinal), NoRetries).CreateSender(await stack.NewTopicAsync());
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => sender.SendMessagesAsync([Message("a")]));
    }

    [Fact]
    public async Task An_identitys_token_is_kept_renewed_when_refused_and_never_sent_in_the_clear()
    {
        var credential = new CountingCredential();
        using var transport = new ScriptedTransport(HttpStatusCode.Created, HttpStatusCode.Created, HttpStatusCode.Unauthorized, HttpStatusCode.Created);
        var sender = new ServiceBusClient("acme.servicebus.windows.net", credential, new ServiceBusClientOptions { Transport = transport, Retry = { MaxRetries = 0 } }).CreateSender("oplog");

        for (var i = 0; i < 3; i++)
            await sender.SendMessagesAsync([Message("a")]);

        Assert.Equal(["Bearer 1", "Bearer 1", "Bearer 1", "Bearer 2"], transport.Authorizations);
        Assert.Equal("https://servicebus.azure.net/.default", credential.Scope);
        Assert.Equal("https://acme.servicebus.windows.net/oplog/messages", transport.Address);
        Assert.Equal("application/vnd.microsoft.servicebus.json", transport.ContentType);
    }

    [Fact]
    public async Task An_identity_whose_issuer_gives_no_token_is_an_unauthorized_access()
    {
        using var transport = new ScriptedTransport();
        var sender = new ServiceBusClient("acme.servicebus.windows.net", new FailingCredential(), new ServiceBusClientOptions { Transport = transport, Retry = { MaxRetries = 0 } }).CreateSender("oplog");
        var fault = await Assert.ThrowsAsync<UnauthorizedAccessException>(() => sender.SendMessagesAsync([Message("a")]));
        Assert.IsType<CredentialUnavailableException>(fault.InnerException);
    }

    [Fact]
    public async Task A_batch_takes_what_fits_and_is_what_it_was_when_one_does_not()
    {
        var sender = new ServiceBusClient(stack.Broker.ConnectionString).CreateSender("t");
        using var batch = await sender.CreateMessageBatchAsync(new CreateMessageBatchOptions { MaxSizeInBytes = 1000 });
        Assert.True(batch.TryAddMessage(Message("a", 400)));
        var size = batch.SizeInBytes;
        Assert.False(batch.TryAddMessage(Message("b", 600)));
        Assert.Equal((1, size), (batch.Count, batch.SizeInBytes));
        Assert.True(batch.TryAddMessage(Message("c", 100)));
        Assert.Equal(batch.SizeInBytes, batch.ToArray().Length);
    }

    [Theory]
    [InlineData("SharedAccessKeyName=a;SharedAccessKey=b", "Endpoint")]
    [InlineData("Endpoint=sb://x/;SharedAccessKey=b", "SharedAccessKeyName")]
    [InlineData("Endpoint=sb://x/;SharedAccessKeyName=b", "SharedAccessKey")]
    [InlineData("nonsense", "cannot be read")]
    public void A_connection_string_that_lacks_something_is_refused_by_name(string text, string named) =>
        Assert.Contains(named, Assert.Throws<FormatException>(() => ServiceBusConnectionStringProperties.Parse(text)).Message, StringComparison.Ordinal);

    private static ServiceBusMessage Message(string id, int length = 10) => new(System.Text.Encoding.UTF8.GetBytes(new string('x', length)))
    {
        MessageId = id,
        SessionId = "s1",
        ApplicationProperties = { ["kind"] = "updated", ["opid"] = 7L },
    };

    private sealed class CountingCredential : TokenCredential
    {
        private int _made;

        public string? Scope { get; private set; }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(GetToken(requestContext, cancellationToken));

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Scope = requestContext.Scopes.Single();
            return new AccessToken($"{++_made}", DateTimeOffset.UtcNow.AddHours(1));
        }
    }

    private sealed class FailingCredential : TokenCredential
    {
        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new CredentialUnavailableException("The issuer is away.");

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new CredentialUnavailableException("The issuer is away.");
    }

    /// <summary>Answers in the place of the network, with statuses in turn.</summary>
    private sealed class ScriptedTransport(params HttpStatusCode[] statuses) : HttpPipelineTransport, IDisposable
    {
        private readonly HttpClientTransport _transport = new(new Answering(new Queue<HttpStatusCode>(statuses)));

        public List<string> Authorizations { get; } = [];
        public string? Address { get; private set; }
        public string? ContentType { get; private set; }

        public void Dispose() => _transport.Dispose();

        public override Request CreateRequest() => _transport.CreateRequest();

        public override void Process(HttpMessage message) => _transport.Process(message);

        public override ValueTask ProcessAsync(HttpMessage message)
        {
            message.Request.Headers.TryGetValue("Authorization", out var authorization);
            message.Request.Headers.TryGetValue("Content-Type", out var type);
            (Address, ContentType) = (message.Request.Uri.ToString(), type);
            Authorizations.Add(authorization!);
            return _transport.ProcessAsync(message);
        }
    }

    private sealed class Answering(Queue<HttpStatusCode> statuses) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(statuses.Dequeue()) { Content = new StringContent("") });
    }
}
