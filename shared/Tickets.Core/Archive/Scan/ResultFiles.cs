using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Tickets.Core.Archive.Format;

namespace Tickets.Core.Archive.Scan;

/// <summary>
/// What long operations leave for their callers: NDJSON in pieces, one blob each, <c>OPERATION/NNNNNN.jsonl</c>; every line starts with the ticket's id. A piece
/// that is written again, because its unit of work was repeated, replaces the one before.
/// </summary>
public sealed class ResultFiles(BlobServiceClient blobs, string containerName = "results")
{
    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient(containerName);

    public Task EnsureCreatedAsync(CancellationToken cancellationToken) => _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);

    internal async Task WriteAsync(string operation, int piece, ReadOnlyMemory<byte> lines, CancellationToken cancellationToken)
    {
        var blob = _container.GetBlobClient(PieceName(operation, piece));
        await blob.UploadAsync(
            BinaryData.FromBytes(lines), new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = "application/x-ndjson" } }, cancellationToken);
    }

    internal Task DropAsync(string operation, int piece, CancellationToken cancellationToken) =>
        _container.GetBlobClient(PieceName(operation, piece)).DeleteIfExistsAsync(cancellationToken: cancellationToken);

    internal Task WritePlanAsync(string operation, ReadOnlyMemory<byte> plan, CancellationToken cancellationToken) =>
        _container.GetBlobClient(PlanName(operation)).UploadAsync(BinaryData.FromBytes(plan), overwrite: true, cancellationToken);

    internal async Task<BinaryData> ReadPlanAsync(string operation, CancellationToken cancellationToken) =>
        (await _container.GetBlobClient(PlanName(operation)).DownloadContentAsync(cancellationToken)).Value.Content;

    /// <summary>The pieces in order.</summary>
    public async IAsyncEnumerable<Stream> ReadAsync(string operation, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var blob in _container.GetBlobsAsync(prefix: $"{operation}/", cancellationToken: cancellationToken))
        {
            if (blob.Name == PlanName(operation))
                continue;
            await using var stream = (await _container.GetBlobClient(blob.Name).DownloadStreamingAsync(cancellationToken: cancellationToken)).Value.Content;
            yield return stream;
        }
    }

    /// <summary>Deletes what operations left that nobody is promised any more.</summary>
    /// <returns>How many blobs.</returns>
    public async Task<int> DeleteOlderAsync(DateTimeOffset writtenBefore, CancellationToken cancellationToken)
    {
        var deleted = 0;
        await foreach (var blob in _container.GetBlobsAsync(cancellationToken: cancellationToken))
        {
            if (!(blob.Properties.LastModified < writtenBefore))
                continue;
            await _container.GetBlobClient(blob.Name).DeleteIfExistsAsync(cancellationToken: cancellationToken);
            deleted++;
        }

        return deleted;
    }

    /// <summary>Takes the lines of these tickets out of every result there is.</summary>
    /// <returns>How many lines.</returns>
    internal async Task<long> EraseAsync(IReadOnlySet<long> ticketIds, CancellationToken cancellationToken)
    {
        var erased = 0L;
        await foreach (var blob in _container.GetBlobsAsync(cancellationToken: cancellationToken))
        {
            if (!blob.Name.EndsWith(".jsonl", StringComparison.Ordinal))
                continue;
            for (var lines = -1L; lines < 0;)
            {
                lines = await EraseAsync(_container.GetBlockBlobClient(blob.Name), ticketIds, cancellationToken);
                erased += Math.Max(0, lines);
            }
        }

        return erased;
    }

    /// <returns>How many lines; -1 when the piece was written anew meanwhile.</returns>
    private static async Task<long> EraseAsync(BlockBlobClient blob, IReadOnlySet<long> ticketIds, CancellationToken cancellationToken)
    {
        try
        {
            var content = (await blob.DownloadContentAsync(cancellationToken)).Value;
            var (kept, erased) = Without(content.Content, ticketIds);
            if (erased == 0)
                return 0;
            await blob.UploadAsync(
                kept,
                new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = "application/x-ndjson" }, Conditions = new BlobRequestConditions { IfMatch = content.Details.ETag } },
                cancellationToken);
            return erased;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return 0;
        }
        catch (RequestFailedException e) when (e.Status == 412)
        {
            return -1;
        }
    }

    private static (MemoryStream Kept, long Erased) Without(BinaryData lines, IReadOnlySet<long> ticketIds)
    {
        var kept = new MemoryStream();
        var erased = 0L;
        for (var rest = lines.ToMemory().Span; !rest.IsEmpty;)
        {
            var end = rest.IndexOf((byte)'\n') is var at and >= 0 ? at + 1 : rest.Length;
            if (DocumentLine.TryReadId(rest[..end], out var id) && ticketIds.Contains(id))
                erased++;
            else
                kept.Write(rest[..end]);
            rest = rest[end..];
        }

        kept.Position = 0;
        return (kept, erased);
    }

    private static string PieceName(string operation, int piece) => $"{operation}/{piece:D6}.jsonl";

    private static string PlanName(string operation) => $"{operation}/plan.json";
}
