using System.Runtime.CompilerServices;
using Azure;

namespace Tickets.Core.Platform.Tables;

/// <summary>Reads one page: filter, page size, selected properties, continuation.</summary>
internal delegate Task<Page<T>> ReadTablePage<T>(string? filter, int? top, string? select, string? continuation, CancellationToken cancellationToken)
    where T : notnull;

internal sealed class TableQueryPages<T>(ReadTablePage<T> read, string? filter, int? maxPerPage, string? select, CancellationToken cancellationToken)
    : AsyncPageable<T>
    where T : notnull
{
    public override IAsyncEnumerable<Page<T>> AsPages(string? continuationToken = null, int? pageSizeHint = null) =>
        PagesAsync(continuationToken, pageSizeHint ?? maxPerPage, cancellationToken);

    private async IAsyncEnumerable<Page<T>> PagesAsync(
        string? continuation, int? top, [EnumeratorCancellation] CancellationToken cancellation)
    {
        do
        {
            var page = await read(filter, top, select, continuation, cancellation);
            yield return page;
            continuation = page.ContinuationToken;
        }
        while (continuation is not null);
    }
}
