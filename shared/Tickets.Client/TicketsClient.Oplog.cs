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
