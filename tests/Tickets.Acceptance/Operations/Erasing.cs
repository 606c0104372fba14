using System.IO.Compression;
using Azure.Storage.Blobs;

namespace Tickets.Acceptance.Operations;

internal static class Erasing
{
    /// <summary>The blobs of any kind that have the text, uncompressed where they are compressed.</summary>
    public static async Task<int> OccurrencesAsync(RunningApp app, string text)
    {
        var blobs = new BlobServiceClient(app.Stack.StorageConnectionString);
        var found = 0;
        foreach (var container in new[] { "cold", "results" })
        {
            await foreach (var blob in blobs.GetBlobContainerClient(container).GetBlobsAsync())
            {
                var client = blobs.GetBlobContainerClient(container).GetBlobClient(blob.Name);
                // Another test's compaction may have taken it away by now.
                if (!await client.ExistsAsync())
                    continue;
                await using var stream = await client.OpenReadAsync();
                await using var content = blob.Name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : (Stream)stream;
                using var reader = new StreamReader(content);
                if ((await reader.ReadToEndAsync()).Contains(text, StringComparison.Ordinal))
                    found++;
            }
        }

        return found;
    }
}
