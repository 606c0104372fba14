using System.Text;

namespace Tickets.Acceptance.Running;

/// <summary>Plain HTTP against one process, with one key. Bodies are JSON as text, so that the tests show what goes over the wire.</summary>
/// <param name="key">Null sends none.</param>
public sealed class Api(Uri address, string? key)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10) }) { Timeout = TimeSpan.FromSeconds(60) };

    public string? Key => key;

    public Uri Address => address;

    public Api As(string? otherKey) => new(address, otherKey);

    public Api At(Uri otherAddress) => new(otherAddress, key);

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync("GET", path, default(string), headers);

    public Task<Answer> PostAsync(string path, string? json, params (string Name, string Value)[] headers) => SendAsync("POST", path, json, headers);

    public Task<Answer> PutAsync(string path, string json, params (string Name, string Value)[] headers) => SendAsync("PUT", path, json, headers);

    public Task<Answer> PatchAsync(string path, string json, params (string Name, string Value)[] headers) => SendAsync("PATCH", path, json, headers);

    public Task<Answer> SendAsync(string method, string path, string? json, params (string Name, string Value)[] headers) =>
        SendAsync(method, path, json is null ? null : new StringContent(json, Encoding.UTF8, "application/json"), headers, json);

    /// <param name="path">Below <c>/api/v1</c>.</param>
    public async Task<Answer> SendAsync(string method, string path, HttpContent? content, params (string Name, string Value)[] headers) => await SendAsync(method, path, content, headers, null);

    /// <param name="json">The content as text, where it is JSON.</param>
    private async Task<Answer> SendAsync(string method, string path, HttpContent? content, (string Name, string Value)[] headers, string? json)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(address, $"/api/v1{path}")) { Content = content };
        if (key is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));

        using var response = await Http.SendAsync(request);
        var answer = await Answer.ReadAsync(response);
        var fault = OpenApiCheck.Fault(method, $"/api/v1{path}", json, answer);
        Assert.True(fault is null, fault);
        return answer;
    }

    public async Task<string> NonceAsync() => (await NoncesAsync(1))[0];

    public async Task<string[]> NoncesAsync(int count) =>
        [.. (await PostAsync("/nonces", $$"""{"count": {{count}} }""")).Ok().GetProperty("nonces").EnumerateArray().Select(nonce => nonce.GetString()!)];

    /// <param name="members">Further members of the body, such as <c>"group": "night"</c>.</param>
    /// <returns>The ticket's id.</returns>
    public async Task<string> CreateAsync(string queue, string? members = null)
    {
        var rest = members is null ? "" : $", {members}";
        return (await PostAsync("/tickets", $$"""{"queue": "{{queue}}"{{rest}} }""")).Ok().GetProperty("ticket_id").GetString()!;
    }

    public async Task<JsonElement> TicketAsync(string queue, string id) => (await GetAsync($"/tickets/{id}?queue={queue}")).Ok();

    /// <summary>Sets status and resolution so that the ticket is closed.</summary>
    public async Task CloseAsync(string queue, string id) =>
        (await PatchAsync($"/tickets/{id}", $$"""{"queue": "{{queue}}", "set": {"status": "closed", "resolution": "fixed"} }""")).Ok();
}
