using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Tickets.Local.Processes;

namespace Tickets.Acceptance.Telemetry;

/// <summary>Takes what a process sends over OTLP/HTTP and keeps it as it came: protobuf has texts and ids as plain bytes.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _received = new();
    private readonly Task _serving;

    public OtlpCollector()
    {
        Address = $"http://127.0.0.1:{FreePort.Pick(0)}";
        _listener.Prefixes.Add(Address + "/");
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Address { get; }

    /// <summary>Everything of one kind (<c>traces</c>, <c>metrics</c>, <c>logs</c>) so far, byte for byte a char.</summary>
    public string Of(string kind) => string.Concat(_received.ToArray().Where(item => item.Path == $"/v1/{kind}").Select(item => Encoding.Latin1.GetString(item.Body)));

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
        _listener.Close();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception stopped) when (stopped is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            _received.Enqueue((context.Request.Url!.AbsolutePath, body.ToArray()));
            context.Response.Close();
        }
    }
}
