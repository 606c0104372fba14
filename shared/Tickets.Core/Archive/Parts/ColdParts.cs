using System.Buffers;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Tickets.Core.Archive.Format;

namespace Tickets.Core.Archive.Parts;

/// <summary>A part's blob as a listing shows it.</summary>
internal sealed record StoredPart(string Name, DateTimeOffset WrittenAt, long Bytes, IDictionary<string, string> Metadata);

/// <summary>The blobs that hold the parts: each written once under a name that never comes again, never overwritten.</summary>
public sealed class ColdParts(BlobServiceClient blobs, string containerName = "cold")
{
    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient(containerName);

    public Task EnsureCreatedAsync(CancellationToken cancellationToken) => _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);

    internal StagedUpload Create(string name) => new(_container.GetBlockBlobClient(name), "application/gzip");

    /// <summary>A range of a part, in a pooled buffer. One storage request.</summary>
    /// <exception cref="DamagedPartException">The part ends before the range does.</exception>
    /// <exception cref="OfflinePartException">The part is in an access tier that cannot be read.</exception>
    /// <returns>Null when there is no such part.</returns>
    internal async Task<PooledBytes?> ReadAsync(string name, long offset, int length, CancellationToken cancellationToken)
    {
        try
        {
            var options = new BlobDownloadOptions { Range = new HttpRange(offset, length) };
            using var download = (await _container.GetBlobClient(name).DownloadStreamingAsync(options, cancellationToken)).Value;
            var buffer = ArrayPool<byte>.Shared.Rent(length);
            var read = await download.Content.ReadAtLeastAsync(buffer.AsMemory(0, length), length, throwOnEndOfStream: false, cancellationToken);
            if (read == length)
                return new PooledBytes(buffer, length);
            ArrayPool<byte>.Shared.Return(buffer);
            throw new DamagedPartException(name, offset + read, "the part is cut short");
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
        catch (RequestFailedException e) when (e.Status == 416)
        {
            throw new DamagedPartException(name, offset, "the part is cut short", e);
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            throw new OfflinePartException(name, e);
        }
    }

    /// <summary>The part front to back, to be disposed. Null when there is no such part.</summary>
    /// <exception cref="OfflinePartException">The part is in an access tier that cannot be read.</exception>
    internal async Task<PartReader?> OpenAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return new PartReader((await _container.GetBlobClient(name).DownloadStreamingAsync(cancellationToken: cancellationToken)).Value.Content, name);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            throw new OfflinePartException(name, e);
        }
    }

    /// <summary>Reads a whole part and checks all of it.</summary>
    /// <exception cref="DamagedPartException">It is damaged or not there.</exception>
    internal async Task<PartSummary> CheckAsync(string name, CancellationToken cancellationToken)
    {
        using var reader = await OpenAsync(name, cancellationToken) ?? throw new DamagedPartException(name, 0, "the part is missing");
        return await reader.CheckAsync(cancellationToken);
    }

    /// <summary>All blobs whose names start so.</summary>
    internal async IAsyncEnumerable<StoredPart> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var blob in _container.GetBlobsAsync(BlobTraits.Metadata, prefix: prefix, cancellationToken: cancellationToken))
            yield return new StoredPart(blob.Name, blob.Properties.LastModified ?? DateTimeOffset.MinValue, blob.Properties.ContentLength ?? 0, blob.Metadata);
    }

    /// <summary>No error when there is none.</summary>
    internal Task DeleteAsync(string name, CancellationToken cancellationToken) =>
        _container.GetBlobClient(name).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken);

    /// <param name="tier"><c>Hot</c>, <c>Cool</c>, <c>Cold</c> or <c>Archive</c>.</param>
    /// <returns>False when it cannot be done now: the part is on its way back from the archive tier, or not there any more. To be tried another time.</returns>
    internal async Task<bool> TrySetTierAsync(string name, string tier, CancellationToken cancellationToken)
    {
        try
        {
            await _container.GetBlobClient(name).SetAccessTierAsync(new AccessTier(tier), cancellationToken: cancellationToken);
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409)
        {
            return false;
        }
    }

    /// <summary>Writes what the day's row says of a part on its blob too, where a rebuild of the index finds it. A part that is not there any more is no error.</summary>
    internal async Task MarkAsync(string name, IDictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        try
        {
            await _container.GetBlobClient(name).SetMetadataAsync(metadata, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status is 404 or 409)
        {
            // Deleted meanwhile; or in the archive tier, where the row alone must tell.
        }
    }
}
