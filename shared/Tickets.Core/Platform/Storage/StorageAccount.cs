using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Configuration;
using Tickets.Core.Platform.Tables;

namespace Tickets.Core.Platform.Storage;

/// <summary>The storage account that configuration names: its blobs and its tables.</summary>
public sealed record StorageAccount(BlobServiceClient Blobs, TableServiceClient Tables)
{
    /// <summary>
    /// By <c>Storage:ConnectionString</c> (or the Functions host's <c>AzureWebJobsStorage</c>), or by <c>Storage:BlobServiceUri</c> and
    /// <c>Storage:TableServiceUri</c> with the process's own identity. The URIs win: they hold no secret.
    /// </summary>
    /// <exception cref="InvalidOperationException">Neither is configured, or only one of the two URIs.</exception>
    public static StorageAccount FromConfiguration(IConfiguration configuration)
    {
        var blobs = configuration["Storage:BlobServiceUri"];
        var tables = configuration["Storage:TableServiceUri"];
        if (blobs is null != tables is null)
            throw new InvalidOperationException("Storage:BlobServiceUri and Storage:TableServiceUri must be given together.");
        if (blobs is not null && tables is not null)
            return FromIdentity(new Uri(blobs), new Uri(tables), new DefaultAzureCredential());

        var connectionString = configuration["Storage:ConnectionString"] ?? configuration["AzureWebJobsStorage"];
        return string.IsNullOrEmpty(connectionString)
            ? throw new InvalidOperationException("No storage account: set Storage:ConnectionString, or Storage:BlobServiceUri and Storage:TableServiceUri.")
            : FromConnectionString(connectionString);
    }

    public static StorageAccount FromConnectionString(string connectionString) =>
        new(new BlobServiceClient(connectionString, StorageRetries.Apply(new BlobClientOptions())),
            new TableServiceClient(connectionString, StorageRetries.Apply(new TableClientOptions())));

    public static StorageAccount FromIdentity(Uri blobService, Uri tableService, TokenCredential credential) =>
        new(new BlobServiceClient(blobService, credential, StorageRetries.Apply(new BlobClientOptions())),
            new TableServiceClient(tableService, credential, StorageRetries.Apply(new TableClientOptions())));
}
