using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Tickets.Tests.Client;

/// <summary>A request as it came over the socket.</summary>
internal sealed record Seen(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body, DateTimeOffset At)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <summary>A real HTTP server on a real socket that answers as the test says, faults included; it knows nothing of tickets.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Seen> _seen = new();
    private readonly Func<Seen, HttpContext, Task> _answer;

    private ScriptedServer(int port, Func<Seen, HttpContext, Task> answer)
    {
        _answer = answer;
        Address = new Uri($"http://127.0.0.1:{port}");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Address.AbsoluteUri);
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    public Uri Address { get; }

    public IReadOnlyList<Seen> Requests => [.. _seen];

    /// <param name="answer">Answers every request.</param>
    /// <param name="port">A port from <see cref="FreePort"/>.</param>
    public static async Task<ScriptedServer> StartAsync(Func<Seen, HttpContext, Task> answer, int? port = null)
    {
        var server = new ScriptedServer(port ?? FreePort(), answer);
        await server._app.StartAsync();
        return server;
    }

    /// <summary>The first request gets the first answer, and so on; the last one repeats.</summary>
    public static Task<ScriptedServer> StartAsync(params Func<HttpContext, Task>[] answers)
    {
        var next = -1;
        return StartAsync((_, context) => answers[Math.Min(Interlocked.Increment(ref next), answers.Length - 1)](context));
    }

    public static Func<HttpContext, Task> Json(string body) => Status(200, body);

    public static Func<HttpContext, Task> Status(int status, string body, string contentType = "application/json", string? retryAfter = null) => async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        if (retryAfter is not null) context.Response.Headers.RetryAfter = retryAfter;
        await context.Response.WriteAsync(body);
    };

    public static Func<HttpContext, Task> Problem(int status, string code, string rest = "", string? retryAfter = null) =>
        Status(status, $$"""{"type":"about:blank","title":"A title.","status":{{status}},"code":"{{code}}"{{rest}}}""", "application/problem+json", retryAfter);

    /// <summary>The request has been read; the connection breaks instead of an answer.</summary>
    public static Task Drop(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    /// <summary>No answer for as long as the caller stays.</summary>
    public static async Task Hang(HttpContext context)
    {
        var left = new TaskCompletionSource();
        await using var registration = context.RequestAborted.Register(left.SetResult);
        await left.Task;
    }

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var headers = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var request = new Seen(
            context.Request.Method,
            context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget,
            headers,
            await reader.ReadToEndAsync(),
            DateTimeOffset.UtcNow);
        _seen.Enqueue(request);
        await _answer(request, context);
    }
}
