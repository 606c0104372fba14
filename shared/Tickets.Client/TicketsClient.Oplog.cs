using System.Runtime.CompilerServices;
using Tickets.Client.Transport;
using Tickets.Contracts;

namespace Tickets.Client;

public sealed partial class TicketsClient
{
    /// <summary>One page of the change log: within a shard dense opids in commit order, nothing skipped, nothing repeated.</summary>
    /// <exception cref="TicketsProblemException">410 <c>cursor_expired</c>, with <see cref="Problem.OldestCursor"/>: the log was trimmed past the cursor.</exception>
    public Task<OplogPage> GetOplogAsync(OplogRequest request, CancellationToken cancel = default)
    {
        var wait = (int)request.Wait.TotalSeconds;
        var route = Route.To("/oplog",
            ("cursor", request.Cursor), ("max_ops", request.MaxOps?.ToString()), ("queue", request.Queue), ("wait", wait > 0 ? wait.ToString() : null));
        return AskAsync(Get(route) with { HeldFor = TimeSpan.FromSeconds(wait) }, TicketsJson.Default.OplogPage, cancel);
    }

    /// <summary>One op by its name, <c>shard:opid</c>.</summary>
    /// <exception cref="TicketsProblemException">404 when it is not kept any more, or not there yet.</exception>
    public Task<Op> GetOpAsync(string shard, long opid, CancellationToken cancel = default) =>
        AskAsync(Get($"/oplog/{Uri.EscapeDataString(shard)}/{opid}"), TicketsJson.Default.Op, cancel);

    /// <summary>Has the relay to Service Bus pass over the op that it stands still at, because it is refused there.</summary>
    /// <param name="shard">The op's shard.</param>
    /// <param name="opid">The op.</param>
    /// <param name="reason">For the note that takes its place in the log.</param>
    /// <param name="cancel">Stops waiting.</param>
    public Task<SkippedOp> SkipOpAsync(string shard, long opid, string reason, CancellationToken cancel = default) =>
        AskAsync(Post($"/oplog/{Uri.EscapeDataString(shard)}/{opid}/skip", new SkipOpRequest(reason), TicketsJson.Default.SkipOpRequest) with { SafeToRepeat = true }, TicketsJson.Default.SkippedOp, cancel);

    /// <summary>
    /// The change log from <see cref="OplogRequest.Cursor"/> on, without end, empty pages included. To resume, store
    /// <see cref="OplogPage.NextCursor"/> once a page's ops are dealt with and begin there: every op is then seen at least once.
    /// </summary>
    public async IAsyncEnumerable<OplogPage> FollowOplogAsync(OplogRequest request, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        while (true)
        {
            var page = await GetOplogAsync(request, cancel);
            yield return page;
            request = request with { Cursor = page.NextCursor };
            if (page.Ops.Count == 0) await Task.Delay(TimeSpan.FromMilliseconds(page.PollingDelayMs), _options.Time, cancel);
        }
    }
}
