using System.Collections.Concurrent;
using System.Globalization;
using System.Net;

namespace Tickets.Tests.Platform;

internal sealed record WebhookRequest(string? Id, long Timestamp, string? Signature, string? ContentType, byte[] Body);

/// <summary>Somebody's endpoint: keeps what it is sent and answers as the test says.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly HttpListener _listener;
    private readonly ConcurrentQueue<WebhookRequest> _requests = new();
    private readonly Task _serving;

    public WebhookReceiver()
    {
        for (var port = Random.Shared.Next(33_000, 60_000); ; port++)
        {
            // One that could not start is of no further use.
            _listener = new HttpListener();
            try
            {
                _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
                _listener.Prefixes.Add($"http://localhost:{port}/");
                _listener.Start();
                Url = new Uri($"http://127.0.0.1:{port}/hook");
                break;
            }
            catch (HttpListenerException)
            {
                // Taken; the next one then.
            }
        }

        _serving = Task.Run(ServeAsync);
    }

    public Uri Url { get; }

    /// <summary>The status, and the seconds of Retry-After.</summary>
    public Func<WebhookRequest, (int Status, int? RetryAfter)> Answer { get; set; } = _ => (204, null);

    public IReadOnlyList<WebhookRequest> Requests => [.. _requests];

    public async ValueTask DisposeAsync()
    {
        // Not stopped first: closing after that would look for its port once more, which somebody else may have by then.
        _listener.Close();
        // Who waits for a request while it is closed is not always told so.
        await _serving.WaitAsync(TimeSpan.FromSeconds(5)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                var headers = context.Request.Headers;
                var request = new WebhookRequest(
                    headers["webhook-id"], long.Parse(headers["webhook-timestamp"] ?? "0", CultureInfo.InvariantCulture), headers["webhook-signature"], context.Request.ContentType, body.ToArray());
                _requests.Enqueue(request);
                var (status, retryAfter) = Answer(request);
                context.Response.StatusCode = status;
                if (retryAfter is { } seconds)
                    context.Response.Headers["Retry-After"] = $"{seconds}";
                context.Response.Close();
            }
            catch (Exception fault) when (fault is HttpListenerException or InvalidOperationException)
            {
                return;
            }
        }
    }
}
