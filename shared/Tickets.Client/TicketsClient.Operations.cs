using System.Runtime.CompilerServices;
using System.Text.Json;
using Tickets.Contracts;

namespace Tickets.Client;

public sealed partial class TicketsClient
{
    /// <summary>Starts a scan of the cold tier; its result are tickets: <see cref="ReadResultAsync"/>.</summary>
    /// <remarks>Like every start it is not repeated after a lost answer: look for it with <see cref="ListOperationsAsync"/> then.</remarks>
    /// <exception cref="TicketsProblemException">429 <c>too_many_operations</c>: as many run as may.</exception>
    public Task<OperationHandle> StartScanAsync(ScanColdRequest request, CancellationToken cancel = default) =>
        StartAsync(Post("/cold/scans", request, TicketsJson.Default.ScanColdRequest), cancel);

    /// <summary>Brings a ticket back from the cold tier into the hot one.</summary>
    /// <exception cref="TicketsProblemException">404 <c>ticket_not_found</c>; 409 <c>ticket_hot</c>.</exception>
    public Task<OperationHandle> RestoreTicketAsync(string ticketId, string queue, CancellationToken cancel = default) =>
        StartAsync(Post(Route.Ticket(ticketId, "/restore"), new OnQueueRequest(queue), TicketsJson.Default.OnQueueRequest), cancel);

    /// <summary>Takes tickets out of everything that is kept, hot and cold, for ever.</summary>
    /// <param name="queue">Their queue.</param>
    /// <param name="ticketIds">1 to 1000; those that the queue does not have are passed over.</param>
    /// <param name="cancel">Stops waiting.</param>
    public Task<OperationHandle> EraseTicketsAsync(string queue, IReadOnlyList<string> ticketIds, CancellationToken cancel = default) =>
        StartAsync(Post("/cold/erasures", new EraseTicketsRequest(queue, ticketIds), TicketsJson.Default.EraseTicketsRequest), cancel);

    /// <summary>Makes a queue's cold index again from its parts, and checks every part.</summary>
    public Task<OperationHandle> RebuildColdIndexAsync(string queue, CancellationToken cancel = default) =>
        StartAsync(Post("/cold/index-rebuilds", new OnQueueRequest(queue), TicketsJson.Default.OnQueueRequest), cancel);

    /// <summary>Moves a queue to other shards, or splits it over several, while it is used.</summary>
    public Task<OperationHandle> MoveQueueAsync(string queue, IReadOnlyList<string> shards, CancellationToken cancel = default) =>
        StartAsync(Post("/queues/moves", new MoveQueueRequest(queue, shards), TicketsJson.Default.MoveQueueRequest), cancel);

    /// <summary>An operation that was started earlier, by whomever. Asks nothing yet.</summary>
    public OperationHandle Operation(string operationId) => new(this, operationId, _options.Time);

    /// <exception cref="TicketsProblemException">404 when there is none, or none that the key may see.</exception>
    public Task<Operation> GetOperationAsync(string operationId, CancellationToken cancel = default) =>
        AskAsync(Get(OperationRoute(operationId)), TicketsJson.Default.Operation, cancel);

    /// <summary>Asks an operation to stop; it may have succeeded before it hears of that.</summary>
    public Task<Operation> CancelOperationAsync(string operationId, CancellationToken cancel = default) =>
        AskAsync(new TicketsRequest(HttpMethod.Post, OperationRoute(operationId, "/cancel")) { SafeToRepeat = true }, TicketsJson.Default.Operation, cancel);

    /// <summary>Every operation that is kept, newest first, page by page.</summary>
    /// <param name="status"><c>not_started</c>, <c>running</c>, <c>succeeded</c>, <c>failed</c> or <c>canceled</c>; null: all.</param>
    /// <param name="cancel">Stops.</param>
    public async IAsyncEnumerable<Operation> ListOperationsAsync(string? status = null, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        string? cursor = null;
        do
        {
            var page = await AskAsync(Get(Route.To("/operations", ("status", status), ("cursor", cursor))), TicketsJson.Default.OperationList, cancel);
            foreach (var operation in page.Operations) yield return operation;
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    /// <summary>The tickets that a scan has found, as they arrive: the result may be larger than memory.</summary>
    /// <remarks>A connection that breaks ends it with <see cref="TicketsUnreachableException"/>; begin again then.</remarks>
    public async IAsyncEnumerable<Ticket> ReadResultAsync(string operationId, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        await foreach (var line in ReadResultLinesAsync(operationId, cancel))
            yield return JsonSerializer.Deserialize(line.Span, TicketsJson.Default.Ticket)!;
    }

    /// <summary>The lines of a result, each a JSON document.</summary>
    /// <exception cref="TicketsProblemException">409 while the operation runs; 404 when it has no result.</exception>
    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadResultLinesAsync(string operationId, CancellationToken cancel = default) =>
        _transport.ReadLinesAsync(Get(OperationRoute(operationId, "/result")), cancel);

    private async Task<OperationHandle> StartAsync(TicketsRequest request, CancellationToken cancel) =>
        new(this, (await AskAsync(request, TicketsJson.Default.Operation, cancel)).Id, _options.Time);

    private static string OperationRoute(string operationId, string rest = "") => "/operations/" + Uri.EscapeDataString(operationId) + rest;
}
