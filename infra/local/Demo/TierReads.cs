using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Tickets.Contracts;

namespace Tickets.Local.Demo;

/// <summary>Reads tickets by id, one after the other, and holds each against its report.</summary>
/// <param name="http">Asks the service; its base address ends with <c>/api/v1/</c>.</param>
/// <remarks>Not through the client: how many requests a cold read made to the storage stands in a header, for operators rather than for robots.</remarks>
internal sealed class TierReads(HttpClient http, string queue, Ledger ledger, TimeProvider time)
{
    private const string StorageRequestsHeader = "x-storage-requests";

    private readonly List<int> _storageRequests = [];

    public Latencies Latencies { get; } = new();

    /// <summary>Of each read that said how many it made.</summary>
    public IReadOnlyList<int> StorageRequests => _storageRequests;

    public static HttpClient Http(Uri app, string key) => new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = new Uri(app, "/api/v1/"),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
    };

    /// <param name="ticketIds">Of tickets that come from a report.</param>
    /// <param name="tier"><c>hot</c> or <c>cold</c>: where they must be found.</param>
    /// <param name="read">Told of each.</param>
    /// <param name="cancel">Stops reading.</param>
    /// <returns>A sentence for each difference.</returns>
    public async Task<IReadOnlyList<string>> FaultsAsync(IReadOnlyList<string> ticketIds, string tier, Action read, CancellationToken cancel)
    {
        List<string> faults = [];
        foreach (var ticketId in ticketIds)
        {
            var began = time.GetTimestamp();
            using var answer = await http.GetAsync($"tickets/{ticketId}?queue={Uri.EscapeDataString(queue)}", cancel);
            var body = await answer.Content.ReadAsByteArrayAsync(cancel);
            Latencies.Add(time.GetElapsedTime(began));
            faults.AddRange(Look(ticketId, tier, answer, body));
            read();
        }

        return faults;
    }

    private IReadOnlyList<string> Look(string ticketId, string tier, HttpResponseMessage answer, byte[] body)
    {
        if (!answer.IsSuccessStatusCode) return [$"ticket {ticketId}: the answer was {(int)answer.StatusCode}"];
        if (answer.Headers.TryGetValues(StorageRequestsHeader, out var said)) _storageRequests.Add(int.Parse(said.Single(), CultureInfo.InvariantCulture));
        var ticket = JsonSerializer.Deserialize(body, TicketsJson.Default.Ticket)!;
        if (ticket.Tier != tier) return [$"ticket {ticketId} was read from the {ticket.Tier} tier, not the {tier} one"];
        return ContentCheck.Faults(ledger.Tickets[ticketId], ticket);
    }
}
