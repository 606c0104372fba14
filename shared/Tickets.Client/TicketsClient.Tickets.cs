using System.Runtime.CompilerServices;
using Tickets.Client.Transport;
using Tickets.Contracts;

namespace Tickets.Client;

public sealed partial class TicketsClient
{
    /// <summary>Takes fresh nonces from the server. Those left unused only leave gaps in the ticket numbers.</summary>
    /// <param name="count">1 to 1000.</param>
    /// <param name="cancel">Stops waiting.</param>
    public async Task<IReadOnlyList<string>> TakeNoncesAsync(int count, CancellationToken cancel = default)
    {
        var request = Post("/nonces", new NoncesRequest(count), TicketsJson.Default.NoncesRequest) with { SafeToRepeat = true };
        return (await AskAsync(request, TicketsJson.Default.NoncesResponse, cancel)).Nonces;
    }

    /// <summary>One nonce from this client's stock; usually answers without a call.</summary>
    public Task<string> TakeNonceAsync(CancellationToken cancel = default) => _nonces.TakeAsync(cancel);

    /// <summary>Creates a ticket, once: a nonce is taken from the stock when the request has none, and repetitions carry the same one.</summary>
    /// <exception cref="TicketsProblemException">
    /// 400 <c>queue_not_found</c>, <c>invalid_field</c>; 409 <c>invalid_nonce</c>: forged, expired or used with other content.
    /// </exception>
    public async Task<CreateTicketResponse> CreateTicketAsync(CreateTicketRequest request, CancellationToken cancel = default)
    {
        var ours = request.Nonce is null;
        if (ours) request = request with { Nonce = await _nonces.TakeAsync(cancel) };
        var create = Post("/tickets", request, TicketsJson.Default.CreateTicketRequest) with { SafeToRepeat = true };
        try
        {
            return await AskAsync(create, TicketsJson.Default.CreateTicketResponse, cancel);
        }
        catch (TicketsProblemException e) when (ours && e.Code == ProblemCodes.InvalidNonce)
        {
            // The server has other signing keys than when the stock was taken. Not repeated here: an earlier attempt may have created the ticket.
            _nonces.Clear();
            throw;
        }
    }

    /// <summary>Changes a ticket if everything in <c>expected</c> holds; all or nothing.</summary>
    /// <param name="ticketId">The ticket.</param>
    /// <param name="request">What is expected, set and unset; its <see cref="UpdateTicketRequest.TicketId"/> stays null.</param>
    /// <param name="idempotencyKey">At most 128 characters; makes repetitions safe. Without one, a lost answer leaves the outcome unknown.</param>
    /// <param name="ifMatch">The ticket version that must stand; refused with 412 instead of 409.</param>
    /// <param name="cancel">Stops waiting; the change may still be done.</param>
    /// <exception cref="TicketsProblemException">
    /// 409 <c>unmet_conditions</c> with all of them, <c>transition_not_allowed</c> with those that are, <c>ticket_archived</c>;
    /// 412 like <c>unmet_conditions</c>; 422 <c>idempotency_key_reused</c>; 404 <c>ticket_not_found</c>.
    /// </exception>
    public Task<UpdateTicketResponse> UpdateTicketAsync(
        string ticketId, UpdateTicketRequest request, string? idempotencyKey = null, long? ifMatch = null, CancellationToken cancel = default)
    {
        var update = Send(HttpMethod.Patch, Route.Ticket(ticketId), request, TicketsJson.Default.UpdateTicketRequest);
        return AskAsync(update with { IdempotencyKey = idempotencyKey, IfMatch = ifMatch }, TicketsJson.Default.UpdateTicketResponse, cancel);
    }

    /// <summary>Up to 1000 creates and updates in one request, each of which succeeds or fails alone. Creates without a nonce get one.</summary>
    /// <remarks>Repeated after a lost answer only when it holds creates alone: an update done twice is another update.</remarks>
    /// <returns>One result per item, in the same order.</returns>
    public async Task<IReadOnlyList<BulkResult>> BulkAsync(IReadOnlyList<BulkItem> items, CancellationToken cancel = default)
    {
        var complete = new List<BulkItem>(items.Count);
        foreach (var item in items)
        {
            complete.Add(item.Create is { Nonce: null } create
                ? item with { Create = create with { Nonce = await _nonces.TakeAsync(cancel) } }
                : item);
        }
        var request = Post("/tickets/bulk", new BulkRequest(complete), TicketsJson.Default.BulkRequest);
        var safe = complete.TrueForAll(item => item.Update is null);
        var answer = await AskAsync(request with { SafeToRepeat = safe }, TicketsJson.Default.BulkResponse, cancel);
        return [.. answer.Results.Select(BulkResult.From)];
    }

    /// <summary>Reads one ticket, from the hot tier or else the cold one.</summary>
    /// <param name="ticketId">The ticket.</param>
    /// <param name="queue">Its queue; without it every queue that the key may read is tried.</param>
    /// <param name="projection">Members to answer, such as <c>status</c> or <c>meta.report</c>; all when null.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <exception cref="TicketsProblemException">404 <c>ticket_not_found</c>: in neither tier.</exception>
    public Task<Ticket> GetTicketAsync(string ticketId, string? queue = null, IReadOnlyList<string>? projection = null, CancellationToken cancel = default) =>
        AskAsync(Get(Route.To(Route.Ticket(ticketId), ("queue", queue), ("projection", Route.Join(projection)))), TicketsJson.Default.Ticket, cancel);

    /// <summary>One page of a search, in the order of ticket ids.</summary>
    /// <exception cref="TicketsProblemException">400 <c>invalid_cursor</c>: the cursor is forged or belongs to another search.</exception>
    public Task<FindTicketsResponse> FindAsync(FindTicketsRequest request, CancellationToken cancel = default)
    {
        var find = Post("/tickets/find", request, TicketsJson.Default.FindTicketsRequest) with { SafeToRepeat = true };
        return AskAsync(find, TicketsJson.Default.FindTicketsResponse, cancel);
    }

    /// <summary>Every page of a search from <see cref="FindTicketsRequest.Cursor"/> on; each is asked for when the one before has been consumed.</summary>
    public async IAsyncEnumerable<FindTicketsResponse> FindPagesAsync(FindTicketsRequest request, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        var cursor = request.Cursor;
        do
        {
            var page = await FindAsync(request with { Cursor = cursor }, cancel);
            yield return page;
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    /// <summary>Every ticket of a search, page by page.</summary>
    public async IAsyncEnumerable<Ticket> FindAllAsync(FindTicketsRequest request, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        await foreach (var page in FindPagesAsync(request, cancel))
        {
            foreach (var ticket in page.Tickets) yield return ticket;
        }
    }

    /// <summary>Takes a ticket into work for <paramref name="by"/>.</summary>
    /// <exception cref="TicketsProblemException">409 <c>already_accepted</c>, with by whom.</exception>
    public Task<UpdateTicketResponse> AcceptTicketAsync(string ticketId, string by, string? queue = null, CancellationToken cancel = default)
    {
        var accept = Post(Route.Ticket(ticketId, "/accept"), new AcceptTicketRequest(queue, by), TicketsJson.Default.AcceptTicketRequest);
        return AskAsync(accept, TicketsJson.Default.UpdateTicketResponse, cancel);
    }
}
