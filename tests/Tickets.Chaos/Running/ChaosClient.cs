using System.Net.Http.Headers;
using System.Text;

namespace Tickets.Chaos.Running;

/// <summary>Asks once and tells what came, whatever that is.</summary>
/// <param name="address">Asked before each request: processes come and go.</param>
internal sealed class ChaosClient(Func<Uri> address, string key, TimeSpan? patience = null) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 1024, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20) })
    {
        Timeout = patience ?? TimeSpan.FromSeconds(30),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
    };

    public Task<Reply> GetAsync(string path) => SendAsync("GET", path, null);

    public Task<Reply> PostAsync(string path, string body) => SendAsync("POST", path, body);

    public async Task<Reply> SendAsync(string method, string path, string? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(address(), $"/api/v1{path}"));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        try
        {
            using var response = await _http.SendAsync(request);
            var wait = response.Headers.RetryAfter?.Delta;
            return new Reply((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Content.Headers.ContentType?.MediaType, wait is null ? null : (int)wait.Value.TotalSeconds, true);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return Reply.Refused;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
        {
            return Reply.Lost;
        }
    }

    /// <summary>Until it is a 200, for as long as it takes; a refusal that no repetition can change ends it.</summary>
    /// <exception cref="ChaosException">It was refused.</exception>
    public async Task<Reply> UntilOkAsync(string method, string path, string? body, params (string Name, string Value)[] headers)
    {
        for (var attempt = 0; ; attempt++)
        {
            var reply = await SendAsync(method, path, body, headers);
            if (reply.IsOk)
                return reply;
            if (reply.Status is >= 400 and < 500 and not 429)
                throw new ChaosException($"{method} {path}: {reply} {reply.Text}");
            if (attempt > 3000)
                throw new ChaosException($"{method} {path} was never answered well; the last answer: {reply} {reply.Text}");
            await Task.Delay(100);
        }
    }

    public void Dispose() => _http.Dispose();
}
