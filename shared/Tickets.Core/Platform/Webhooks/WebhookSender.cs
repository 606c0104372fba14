using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Tickets.Core.Platform.Webhooks;

/// <summary>Sends one delivery, once. Who retries, and when, is for those who call.</summary>
public sealed class WebhookSender : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http;
    private readonly TimeProvider _clock;

    /// <param name="allowPrivate">Also to addresses of the machine and of private networks, and without TLS: for development.</param>
    public WebhookSender(TimeProvider clock, bool allowPrivate)
    {
        _clock = clock;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            MaxConnectionsPerServer = 16,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectCallback = (context, cancel) => ConnectAsync(context.DnsEndPoint, allowPrivate, cancel),
        })
        { Timeout = Limit, MaxResponseContentBufferSize = 64 * 1024 };
    }

    /// <exception cref="OperationCanceledException">Only when <paramref name="cancel"/> fires.</exception>
    public async Task<WebhookAttempt> SendAsync(WebhookDelivery delivery, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, delivery.Url) { Content = new ReadOnlyMemoryContent(delivery.Body) };
        var now = _clock.GetUtcNow();
        request.Content.Headers.TryAddWithoutValidation("Content-Type", delivery.ContentType);
        request.Headers.TryAddWithoutValidation("webhook-id", delivery.Id);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation("webhook-signature", delivery.Secret.Sign(delivery.Id, now, delivery.Body.Span));
        request.Headers.TryAddWithoutValidation("User-Agent", "tickets-webhooks");
        try
        {
            // What the receiver says beyond its status is of no interest, and may be long.
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            var status = (int)response.StatusCode;
            return new WebhookAttempt(status, response.IsSuccessStatusCode ? null : $"answered {status}", RetryAfter(response, now));
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException || (fault is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return new WebhookAttempt(null, fault is HttpRequestException { HttpRequestError: var error } ? $"not reached: {error}" : $"no answer within {Limit.TotalSeconds:0} s", null);
        }
    }

    public void Dispose() => _http.Dispose();

    private static TimeSpan? RetryAfter(HttpResponseMessage response, DateTimeOffset now) =>
        response.Headers.RetryAfter is { } asked ? asked.Delta ?? (asked.Date - now) : null;

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint host, bool allowPrivate, CancellationToken cancel)
    {
        var addresses = await Dns.GetHostAddressesAsync(host.Host, cancel);
        var allowed = allowPrivate ? addresses : Array.FindAll(addresses, WebhookTargets.IsPublic);
        if (allowed.Length == 0)
            throw new HttpRequestException(HttpRequestError.ConnectionError, $"{host.Host} has no public address.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, host.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
