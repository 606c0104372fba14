using System.Net;
using System.Text;
using Tickets.Core.Platform.Webhooks;

namespace Tickets.Tests.Platform;

public class WebhookTests
{
    private static readonly byte[] Body = """{"test": 2432232314}"""u8.ToArray();

    [Fact]
    public void A_signature_is_that_of_the_Standard_Webhooks_specification()
    {
        var secret = WebhookSecret.TryParse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")!;
        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", secret.Sign("msg_p5jXN8AQM9LWM0D4loKWxJek", DateTimeOffset.FromUnixTimeSeconds(1614265330), Body));
    }

    [Theory]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_")]
    [InlineData("whsec_c2hvcnQ=")]
    [InlineData("whsec_not base64 at all, but long enough")]
    public void What_is_no_secret_is_not_taken(string text) => Assert.Null(WebhookSecret.TryParse(text));

    [Fact]
    public void A_made_secret_is_read_back()
    {
        var made = WebhookSecret.Make();
        Assert.Equal(made.Text, WebhookSecret.TryParse(made.Text)!.Text);
        Assert.NotEqual(made.Text, WebhookSecret.Make().Text);
    }

    [Fact]
    public async Task A_delivery_carries_its_id_time_and_signature_and_any_2xx_takes_it()
    {
        await using var receiver = new WebhookReceiver();
        using var sender = new WebhookSender(TimeProvider.System, allowPrivate: true);
        var secret = WebhookSecret.Make();

        var attempt = await sender.SendAsync(new WebhookDelivery(receiver.Url, secret, "d-1", "application/cloudevents-batch+json", Body), CancellationToken.None);

        Assert.True(attempt.IsDelivered, attempt.Reason);
        var request = Assert.Single(receiver.Requests);
        Assert.Equal(("d-1", "application/cloudevents-batch+json"), (request.Id, request.ContentType));
        Assert.Equal(Body, request.Body);
        Assert.Equal(secret.Sign("d-1", DateTimeOffset.FromUnixTimeSeconds(request.Timestamp), request.Body), request.Signature);
    }

    [Theory]
    [InlineData(302)]
    [InlineData(400)]
    [InlineData(500)]
    public async Task Any_other_answer_is_a_failed_attempt(int status)
    {
        await using var receiver = new WebhookReceiver { Answer = _ => (status, null) };
        using var sender = new WebhookSender(TimeProvider.System, allowPrivate: true);
        var attempt = await sender.SendAsync(Delivery(receiver.Url), CancellationToken.None);
        Assert.Equal((false, status, false), (attempt.IsDelivered, attempt.Status, attempt.IsGone));
    }

    [Fact]
    public async Task A_receiver_may_ask_for_time_or_say_that_it_is_gone()
    {
        await using var receiver = new WebhookReceiver { Answer = _ => (503, 7) };
        using var sender = new WebhookSender(TimeProvider.System, allowPrivate: true);
        Assert.Equal(TimeSpan.FromSeconds(7), (await sender.SendAsync(Delivery(receiver.Url), CancellationToken.None)).RetryAfter);
        receiver.Answer = _ => (410, null);
        Assert.True((await sender.SendAsync(Delivery(receiver.Url), CancellationToken.None)).IsGone);
    }

    [Fact]
    public async Task Nothing_is_sent_to_the_machine_itself_unless_it_is_allowed()
    {
        await using var receiver = new WebhookReceiver();
        using var sender = new WebhookSender(TimeProvider.System, allowPrivate: false);
        foreach (var url in new[] { receiver.Url, new UriBuilder(receiver.Url) { Host = "localhost" }.Uri })
            Assert.Null((await sender.SendAsync(Delivery(url), CancellationToken.None)).Status);
        Assert.Empty(receiver.Requests);
    }

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("fd00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("20.50.2.1", true)]
    [InlineData("2603:1030::1", true)]
    public void Public_addresses_are_told_from_others(string address, bool isPublic) => Assert.Equal(isPublic, WebhookTargets.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("https://example.com/hook", true)]
    [InlineData("http://example.com/hook", false)]
    [InlineData("ftp://example.com", false)]
    [InlineData("https://user:secret@example.com", false)]
    [InlineData("https://127.0.0.1/hook", false)]
    [InlineData("https://[::1]/hook", false)]
    public void A_target_is_an_https_URL_of_elsewhere(string url, bool good) => Assert.Equal(good, WebhookTargets.Fault(new Uri(url), allowPrivate: false) is null);

    [Fact]
    public void Pauses_double_up_to_the_longest_and_end()
    {
        var backoff = new WebhookBackoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), 8);
        Assert.Equal([1.0, 2, 4, 8, 10, 10, 10], Enumerable.Range(1, 7).Select(failed => backoff.After(failed, null, 0.5)!.Value.TotalSeconds));
        Assert.Null(backoff.After(8, null, 0.5));
        Assert.Equal(TimeSpan.FromSeconds(30), backoff.After(1, TimeSpan.FromSeconds(30), 0.5));
        Assert.Equal(TimeSpan.FromHours(1), backoff.After(1, TimeSpan.FromDays(30), 0.5));
        Assert.True(backoff.After(1, null, 0)!.Value < backoff.After(1, null, 1)!.Value);
    }

    private static WebhookDelivery Delivery(Uri url) => new(url, WebhookSecret.Make(), "d", "application/json", Encoding.UTF8.GetBytes("{}"));
}
