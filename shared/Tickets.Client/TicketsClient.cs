using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Tickets.Client.Transport;
using Tickets.Contracts;

namespace Tickets.Client;

/// <summary>
/// The Tickets HTTP interface, typed. One instance per service address, shared by all threads: it owns the connections and a stock of nonces.
/// </summary>
/// <remarks>
/// <para>
/// Calls that are safe to repeat are repeated within <see cref="TicketsClientOptions.RetryFor"/>: reads, searches, creates (each has a nonce,
/// taken when the caller gives none) and requests with an idempotency key, after lost connections, timeouts and 429, 502, 503 and 504,
/// never sooner than Retry-After says. Any other call is repeated only when the server certainly has not done it: the connection was
/// refused, or the answer is 429 or <c>overloaded</c>.
/// </para>
/// <para>
/// Every method throws <see cref="TicketsProblemException"/> when the server refuses or fails, <see cref="TicketsUnreachableException"/>
/// when no answer came, and <see cref="OperationCanceledException"/> when cancelled.
/// </para>
/// </remarks>
public sealed partial class TicketsClient : IDisposable
{
    private const string BasePath = "/api/v1";

    private readonly TicketsClientOptions _options;
    private readonly HttpClient _http;
    private readonly RetryingTransport _transport;
    private readonly NoncePool _nonces;

    /// <exception cref="ArgumentException">The address is not an absolute http or https address, or an option is out of range.</exception>
    public TicketsClient(TicketsClientOptions options)
    {
        _options = options;
        Address = BaseAddress(_options.Address);
        if (_options.NonceStock is < 1 or > 1000) throw new ArgumentException($"{nameof(_options.NonceStock)} is {_options.NonceStock}; it must be 1 to 1000.", nameof(_options));
        _http = new HttpClient(Connections()) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("tickets-client", typeof(TicketsClient).Assembly.GetName().Version!.ToString(3)));
        if (_options.Key is { Length: > 0 } key) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        _transport = new RetryingTransport(_http, Address, _options);
        _nonces = new NoncePool(TakeNoncesAsync, _options.NonceStock, _options.NonceMaxAge, _options.Time);
    }

    /// <summary>The base address with its <c>/api/v1</c>, without a slash at the end.</summary>
    public Uri Address { get; }

    /// <summary>The address that <see cref="SendAsync"/> asks for a request.</summary>
    public Uri AddressOf(TicketsRequest request) => new(Address.AbsoluteUri + request.PathAndQuery);

    /// <summary>Sends any request, with the same repetitions as the typed methods, and returns whatever was answered: problems are not thrown.</summary>
    /// <exception cref="TicketsUnreachableException">No answer came.</exception>
    public Task<TicketsResponse> SendAsync(TicketsRequest request, CancellationToken cancel = default) => _transport.SendAsync(request, cancel);

    public void Dispose()
    {
        _nonces.Dispose();
        _http.Dispose();
    }

    private static Uri BaseAddress(Uri address)
    {
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException($"'{address}' is not an http or https address, such as https://tickets.example.org.", nameof(address));
        var root = address.GetLeftPart(UriPartial.Path).TrimEnd('/');
        return new Uri(root.EndsWith(BasePath, StringComparison.Ordinal) ? root : root + BasePath);
    }

    private static SocketsHttpHandler Connections() => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        // Behind one name the instances change; below two minutes a robot finds the new ones.
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    };

    private static TicketsRequest Get(string route) => new(HttpMethod.Get, route);

    private static TicketsRequest Post<T>(string route, T body, JsonTypeInfo<T> type) => Send(HttpMethod.Post, route, body, type);

    private static TicketsRequest Send<T>(HttpMethod method, string route, T body, JsonTypeInfo<T> type) =>
        new(method, route) { Body = JsonSerializer.SerializeToUtf8Bytes(body, type) };

    private async Task<T> AskAsync<T>(TicketsRequest request, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        var response = await _transport.SendAsync(request, cancel);
        if (!response.IsSuccess) throw new TicketsProblemException(response);
        try
        {
            return JsonSerializer.Deserialize(response.Body.Span, type) ?? throw new TicketsProblemException(response);
        }
        catch (JsonException e)
        {
            throw new TicketsProblemException(response, e);
        }
    }
}
