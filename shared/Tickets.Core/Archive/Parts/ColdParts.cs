using System.Buffers;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Tickets.Core.Archive.Format;

namespace Tickets.Core.Archive.Parts;

/// <summary>The blobs that hold the parts: written once, never overwritten.</summary>
public sealed class ColdParts(BlobServiceClient blobs, string containerName = "cold")
{
    private readonly BlobContainerClient _container = blobs.GetBlobContainerClient(containerName);

    public Task EnsureCreatedAsync(CancellationToken cancellationToken) => _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);

    internal PartUpload Create(string name) => new(_container.GetBlockBlobClient(name));

    /// <summary>A range of a part, in a pooled buffer. One storage request.</summary>
    /// <exception cref="DamagedPartException">The part ends before the range does.</exception>
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
    }

    /// <summary>Reads a whole part and checks all of it.</summary>
    /// <exception cref="DamagedPartException">It is damaged or not there.</exception>
    internal async Task<PartSummary> CheckAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            using var download = (await _container.GetBlobClient(name).DownloadStreamingAsync(cancellationToken: cancellationToken)).Value;
            using var reader = new PartReader(download.Content, name);
            return await reader.CheckAsync(cancellationToken);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            throw new DamagedPartException(name, 0, "the part is missing", e);
        }
    }
}
