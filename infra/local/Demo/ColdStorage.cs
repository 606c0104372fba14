using System.Globalization;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Tickets.Local.Demo;

/// <summary>What the cold tier occupies, by a listing of the storage itself.</summary>
/// <param name="Bytes">Stored.</param>
/// <param name="RawBytes">The same documents as plain NDJSON.</param>
internal sealed record ColdStorage(long Parts, long Tickets, long Bytes, long RawBytes)
{
    private const string Container = "cold";

    /// <param name="connectionString">Of the storage account.</param>
    /// <param name="cancel">Stops listing.</param>
    public static async Task<ColdStorage> MeasureAsync(string connectionString, CancellationToken cancel)
    {
        var container = new BlobContainerClient(connectionString, Container, new BlobClientOptions(BlobClientOptions.ServiceVersion.V2023_01_03));
        var measured = new ColdStorage(0, 0, 0, 0);
        await foreach (var blob in container.GetBlobsAsync(BlobTraits.Metadata, cancellationToken: cancel))
        {
            measured = new ColdStorage(
                measured.Parts + 1, measured.Tickets + Number(blob, "tickets"), measured.Bytes + blob.Properties.ContentLength!.Value, measured.RawBytes + Number(blob, "raw_bytes"));
        }

        return measured;
    }

    private static long Number(BlobItem blob, string name) => long.Parse(blob.Metadata[name], CultureInfo.InvariantCulture);
}
