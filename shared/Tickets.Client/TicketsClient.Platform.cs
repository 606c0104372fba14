using System.Text.Json;
using Tickets.Contracts;

namespace Tickets.Client;

/// <summary>Whether the service can take requests, with its own report: each dependency by name.</summary>
public sealed record Readiness(bool Ready, JsonElement Report);

public sealed partial class TicketsClient
{
    /// <summary>Returns when the service says it is in order. Asks once: a failure is the answer.</summary>
    /// <exception cref="TicketsProblemException">500 with the reason, for one that its settings are too old.</exception>
    public async Task PingAsync(CancellationToken cancel = default)
    {
        var response = await _transport.SendAsync(Get("/ping") with { Repeat = false }, cancel);
        if (!response.IsSuccess) throw new TicketsProblemException(response);
    }

    /// <summary>Asks once whether every dependency is there; an unready service is an answer and no exception.</summary>
    public async Task<Readiness> GetReadinessAsync(CancellationToken cancel = default)
    {
        var response = await _transport.SendAsync(Get("/health/ready") with { Repeat = false }, cancel);
        return new Readiness(response.IsSuccess, Json(response));
    }

    /// <summary>The service's version document.</summary>
    public async Task<JsonElement> GetVersionAsync(CancellationToken cancel = default)
    {
        var response = await _transport.SendAsync(Get("/version"), cancel);
        return response.IsSuccess ? Json(response) : throw new TicketsProblemException(response);
    }

    /// <summary>The metrics of one process, in Prometheus's text format.</summary>
    public async Task<string> GetMetricsAsync(CancellationToken cancel = default)
    {
        var response = await _transport.SendAsync(Get("/metrics"), cancel);
        return response.IsSuccess ? System.Text.Encoding.UTF8.GetString(response.Body.Span) : throw new TicketsProblemException(response);
    }

    /// <summary>The whole system as operators look at it; readings are up to two seconds old.</summary>
    public Task<SystemOverview> GetOverviewAsync(CancellationToken cancel = default) => AskAsync(Get("/overview"), TicketsJson.Default.SystemOverview, cancel);

    /// <summary>Archives what is due now of one queue or, without a name, of all, rather than at the timer's next tick, and returns the report.</summary>
    public async Task<JsonElement> RunArchiveAsync(string? queue = null, CancellationToken cancel = default)
    {
        // As long as it takes: what is done is done, and a second run would only find less to do.
        var response = await _transport.SendAsync(new TicketsRequest(HttpMethod.Post, Route.To("/archive/runs", ("queue", queue))) { HeldFor = TimeSpan.FromMinutes(5) }, cancel);
        return response.IsSuccess ? Json(response) : throw new TicketsProblemException(response);
    }

    private static JsonElement Json(TicketsResponse response)
    {
        try
        {
            return JsonElement.Parse(response.Body.Span);
        }
        catch (JsonException e)
        {
            throw new TicketsProblemException(response, e);
        }
    }
}
