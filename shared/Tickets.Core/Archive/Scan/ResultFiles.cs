using System.Buffers;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive.Scan;

/// <summary>
/// What long operations leave for their callers: NDJSON in pieces, one blob each, <c>OPERATION/NNNNNN.jsonl</c>; every line starts with the ticket's id. A piece
/// that is written again, because its unit of work was repeated, replaces the one before.
/// </summary>
public sealed class ResultFiles(BlobServiceClient blobs, string containerName = "results")
{
    private const string ContentType = "application/x-ndjson";
    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient(containerName);

    public Task EnsureCreatedAsync(CancellationToken cancellationToken) => _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);

    /// <summary>A piece to be written and committed; whatever stands under its name is replaced then.</summary>
    internal StagedUpload Begin(string operation, int piece) => new(_container.GetBlockBlobClient(PieceName(operation, piece)), ContentType, new BlobRequestConditions());

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
            // Read once to see whether there is anything to do, as there rarely is, and once more to copy.
            if (!await LinesAsync(blob, cancellationToken).AnyAsync(line => ticketIds.Contains(line.Id), cancellationToken))
                return 0;
            using var download = (await blob.DownloadStreamingAsync(cancellationToken: cancellationToken)).Value;
            await using var kept = new StagedUpload(blob, ContentType, new BlobRequestConditions { IfMatch = download.Details.ETag });
            var erased = 0L;
            await foreach (var (id, line) in ResultLines.ReadAsync(download.Content, cancellationToken))
            {
                if (ticketIds.Contains(id))
                {
                    erased++;
                    continue;
                }

                foreach (var segment in line)
                    await kept.WriteAsync(segment, cancellationToken);
            }

            await kept.CommitAsync(null, cancellationToken);
            return erased;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return 0;
        }
        catch (RequestFailedException e) when (e.Status == 412 || e.ErrorCode == BlobErrorCode.InvalidBlockList)
        {
            return -1;
        }
    }

    private static async IAsyncEnumerable<(long Id, ReadOnlySequence<byte> Line)> LinesAsync(BlockBlobClient blob, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var download = (await blob.DownloadStreamingAsync(cancellationToken: cancellationToken)).Value;
        await foreach (var line in ResultLines.ReadAsync(download.Content, cancellationToken))
            yield return line;
    }

    private static string PieceName(string operation, int piece) => $"{operation}/{piece:D6}.jsonl";

    private static string PlanName(string operation) => $"{operation}/plan.json";
}
