using System.Threading.Channels;
using Tickets.Contracts;

namespace Tickets.Client.Import;

/// <summary>
/// Creates a ticket for each row of a source, from several robots at once, through the public interface.
/// Every create has a nonce, so that an app that restarts meanwhile costs time and no duplicates; with a state file the same holds for the import itself.
/// </summary>
/// <param name="client">How long a robot waits for a restarting app is its <see cref="TicketsClientOptions.RetryFor"/>: minutes rather than seconds.</param>
/// <param name="mapping">Which ticket a row becomes.</param>
/// <param name="options">Robots, state, reports.</param>
public sealed class TicketImport(TicketsClient client, ImportMapping mapping, ImportOptions options)
{
    private readonly ImportRowMapper _mapper = new(mapping);

    /// <summary>
    /// Runs to the last row. Rows that cannot be mapped or that the server refuses are reported and the others go on; a server that stays away,
    /// refuses the key or is overloaded beyond patience stops the import, and so does <paramref name="cancel"/>:
    /// see <see cref="ImportSummary.StoppedBy"/>. Run it again with the same state file to go on.
    /// </summary>
    /// <exception cref="ImportStateException">The state file belongs to another import, or the file or the mapping has changed since.</exception>
    public async Task<ImportSummary> RunAsync(IAsyncEnumerable<ImportRow> rows, CancellationToken cancel = default)
    {
        using var state = options.StateFile is { } path ? ImportState.Open(path, client.Address, mapping.Queue) : null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var tally = new ImportTally(options);
        var queue = Channel.CreateBounded<ImportRow>(new BoundedChannelOptions(options.Robots * 4) { SingleWriter = true });

        var work = Enumerable.Range(0, options.Robots)
            .Select(_ => WorkAsync(queue.Reader, state, tally, stop))
            .Prepend(FeedAsync(rows, queue.Writer, stop));
        try
        {
            await Task.WhenAll(work);
        }
        catch (OperationCanceledException e) when (stop.IsCancellationRequested)
        {
            tally.Stop(e);
        }
        return tally.End();
    }

    /// <summary>A source that breaks stops the robots too; its exception is the import's.</summary>
    private static async Task FeedAsync(IAsyncEnumerable<ImportRow> rows, ChannelWriter<ImportRow> queue, CancellationTokenSource stop)
    {
        try
        {
            await foreach (var row in rows.WithCancellation(stop.Token)) await queue.WriteAsync(row, stop.Token);
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
        finally
        {
            queue.Complete();
        }
    }

    private async Task WorkAsync(ChannelReader<ImportRow> queue, ImportState? state, ImportTally tally, CancellationTokenSource stop)
    {
        try
        {
            await foreach (var row in queue.ReadAllAsync(stop.Token)) await ImportAsync(row, state, tally, stop);
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task ImportAsync(ImportRow row, ImportState? state, ImportTally tally, CancellationTokenSource stop)
    {
        var (request, fault) = _mapper.Map(row);
        if (request is null)
        {
            tally.Failed(new ImportFailure(row.Line, ImportFailure.InvalidRow, fault!));
            return;
        }
        var digest = ImportState.Digest(request);
        var earlier = state?.Find(row.Line);
        if (earlier is not null && earlier.Digest != digest)
            throw new ImportStateException($"Line {row.Line} is not what it was when the state file was written: the file or its mapping has changed. Restore them, or begin anew with another state file.");
        if (earlier?.TicketId is not null)
        {
            tally.Skipped();
            return;
        }

        try
        {
            var nonce = earlier?.Nonce ?? await client.TakeNonceAsync(stop.Token);
            if (earlier is null) state?.Sending(row.Line, nonce, digest);
            await SendAsync(row.Line, request with { Nonce = nonce }, earlier, state, tally, stop.Token);
        }
        catch (Exception e) when (StopsEverything(e))
        {
            tally.Stop(e);
            await stop.CancelAsync();
        }
    }

    private async Task SendAsync(long line, CreateTicketRequest request, RowState? earlier, ImportState? state, ImportTally tally, CancellationToken cancel)
    {
        var settled = false;
        try
        {
            var started = options.Time.GetTimestamp();
            var created = await client.CreateTicketAsync(request, cancel);
            state?.Created(line, created.TicketId);
            settled = true;
            tally.Created(options.Time.GetElapsedTime(started));
            options.Created?.Invoke(line, created.TicketId);
        }
        catch (TicketsProblemException e) when (!StopsEverything(e))
        {
            settled = e.Status < 500;
            // A nonce of an earlier run that has expired since may have created its ticket: forgetting it could create a second one.
            if (settled && !(earlier is not null && e.Code == ProblemCodes.InvalidNonce)) state?.Refused(line, e.Code);
            tally.Failed(new ImportFailure(line, e.Code, e.Message));
        }
        finally
        {
            if (!settled) tally.Unsettled();
        }
    }

    /// <summary>Failures that every other row would meet as well.</summary>
    private static bool StopsEverything(Exception e) =>
        e is TicketsUnreachableException or TicketsProblemException { Status: 401 or 403 or 429 or 502 or 503 or 504 };
}
