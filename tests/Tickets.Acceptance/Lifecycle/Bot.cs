using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Tickets.Acceptance.Lifecycle;

internal sealed record Call(string Delivery, string Attempt, string Signature, string Body);

/// <summary>A bot that is busy at the first call of each delivery, or gives all of them one answer.</summary>
internal sealed class Bot : IAsyncDisposable
{
    private HttpListener _listener = new();
    private readonly List<Call> _calls = [];
    private int? _answer;
    private Task _serving = Task.CompletedTask;

    public string Address { get; private set; } = "";

    public static Bot Start(int? answer = null)
    {
        var bot = new Bot { _answer = answer };
        for (var port = 41_000; ; port++)
        {
            try
            {
                bot._listener.Prefixes.Add(bot.Address = $"http://127.0.0.1:{port}/hook/");
                bot._listener.Start();
                break;
            }
            catch (HttpListenerException) when (port < 41_100)
            {
                // Taken by somebody else; a listener that could not start is of no more use.
                bot._listener = new HttpListener();
            }
        }

        bot._serving = Task.Run(bot.ServeAsync);
        return bot;
    }

    public static string Sign(byte[] secret, Call call)
    {
        var at = call.Signature.Split(',')[0][2..];
        return $"t={at},v1={Convert.ToHexStringLower(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes($"{at}.{call.Body}")))}";
    }

    public async Task<List<Call>> UntilAsync(int count)
    {
        await Eventually.IsAsync(() =>
        {
            lock (_calls)
                return Task.FromResult(_calls.Count >= count);
        });
        lock (_calls)
            return [.. _calls];
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _serving;
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception fault) when (fault is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var body = new StreamReader(context.Request.InputStream);
            var headers = context.Request.Headers;
            var call = new Call(headers["tickets-delivery"]!, headers["tickets-attempt"]!, headers["tickets-signature"]!, await body.ReadToEndAsync());
            lock (_calls)
                _calls.Add(call);
            context.Response.StatusCode = _answer ?? (call.Attempt == "1" ? 503 : 204);
            context.Response.Close();
        }
    }
}
