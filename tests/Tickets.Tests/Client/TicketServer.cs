using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Tickets.Contracts;

namespace Tickets.Tests.Client;

/// <summary>
/// Nonces and creates over HTTP as the interface describes them, kept in memory: the same nonce with the same content is the same ticket.
/// Tests break its connections around the work it does.
/// </summary>
internal sealed class TicketServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (string Id, string Body)> _tickets = new();
    private int _noncesIssued;
    private int _lastId;

    private TicketServer()
    {
    }

    public ScriptedServer Http { get; private set; } = null!;

    /// <summary>Asked before a create is done; true breaks the connection.</summary>
    public Func<int, bool> DropBefore { get; set; } = _ => false;

    /// <summary>Asked once a create is done, with the number of creates so far; true breaks the connection instead of answering.</summary>
    public Func<int, bool> DropAfter { get; set; } = _ => false;

    /// <summary>Asked once a create is done, with the ticket's own number; true keeps the answer back for as long as the caller waits.</summary>
    public Func<int, bool> HoldAfter { get; set; } = _ => false;

    /// <summary>Refuses creates whose body it picks, with the problem code it names.</summary>
    public Func<string, string?> Refuse { get; set; } = _ => null;

    public int Count => _tickets.Count;

    public int NoncesIssued => _noncesIssued;

    public IReadOnlyList<CreateTicketRequest> Tickets =>
        [.. _tickets.Values.Select(t => JsonSerializer.Deserialize(t.Body, TicketsJson.Default.CreateTicketRequest)!)];

    public static async Task<TicketServer> StartAsync()
    {
        var server = new TicketServer();
        server.Http = await ScriptedServer.StartAsync(server.AnswerAsync);
        return server;
    }

    public ValueTask DisposeAsync() => Http.DisposeAsync();

    private Task AnswerAsync(Seen request, HttpContext context) => request.Target switch
    {
        "/api/v1/nonces" => NoncesAsync(request, context),
        "/api/v1/tickets" => CreateAsync(request, context),
        _ => ScriptedServer.Problem(404, ProblemCodes.NotFound)(context),
    };

    private Task NoncesAsync(Seen request, HttpContext context)
    {
        var count = JsonSerializer.Deserialize(request.Body, TicketsJson.Default.NoncesRequest)!.Count;
        var last = Interlocked.Add(ref _noncesIssued, count);
        var nonces = Enumerable.Range(last - count + 1, count).Select(n => $"nonce-{n}").ToList();
        return ScriptedServer.Json(JsonSerializer.Serialize(new NoncesResponse(nonces), TicketsJson.Default.NoncesResponse))(context);
    }

    private Task CreateAsync(Seen request, HttpContext context)
    {
        if (DropBefore(_tickets.Count)) return ScriptedServer.Drop(context);
        if (Refuse(request.Body) is { } code) return ScriptedServer.Problem(400, code)(context);
        var create = JsonSerializer.Deserialize(request.Body, TicketsJson.Default.CreateTicketRequest)!;
        var ticket = _tickets.GetOrAdd(create.Nonce!, _ => (Interlocked.Increment(ref _lastId).ToString(), request.Body));
        if (ticket.Body != request.Body) return ScriptedServer.Problem(409, ProblemCodes.InvalidNonce)(context);
        if (DropAfter(_tickets.Count)) return ScriptedServer.Drop(context);
        if (HoldAfter(int.Parse(ticket.Id))) return ScriptedServer.Hang(context);
        var answer = new CreateTicketResponse(ticket.Id, create.Queue, new TicketVersions(1, new Dictionary<string, long>()));
        return ScriptedServer.Json(JsonSerializer.Serialize(answer, TicketsJson.Default.CreateTicketResponse))(context);
    }
}
