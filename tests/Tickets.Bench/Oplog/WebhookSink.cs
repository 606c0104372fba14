using System.Net;

namespace Tickets.Bench.Oplog;

/// <summary>Takes whatever is delivered.</summary>
internal sealed class WebhookSink : IDisposable
{
    private readonly HttpListener _listener = new();
    private long _count;

    public WebhookSink()
    {
        Url = new Uri($"http://127.0.0.1:{Start.ColdProcess.FreePort()}/");
        _listener.Prefixes.Add(Url.ToString());
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    public Uri Url { get; }

    public long Count => Interlocked.Read(ref _count);

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _listener.GetContextAsync();
                await context.Request.InputStream.CopyToAsync(Stream.Null);
                context.Response.Close();
                Interlocked.Increment(ref _count);
            }
        }
        catch (Exception end) when (end is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }
}
