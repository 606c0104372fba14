using System.IO.Compression;
using Azure;
using Azure.Storage.Blobs;
using Npgsql;

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
                if (await ReadAsync(blobs.GetBlobContainerClient(container).GetBlobClient(blob.Name)) is not { } stream)
                    continue;
                await using var content = blob.Name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
                using var reader = new StreamReader(content);
                if ((await reader.ReadToEndAsync()).Contains(text, StringComparison.Ordinal))
                    found++;
            }
        }

        return found;
    }

    /// <summary>The tables, of whichever database, that have the text in any column; of partitions their parents.</summary>
    public static async Task<HashSet<string>> TablesAsync(RunningApp app, string text)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var connection in app.Stack.Shards.Values.Append(app.Stack.SettingsDatabase))
        {
            await using var database = NpgsqlDataSource.Create(connection);
            var tables = new List<string>();
            await using (var list = database.CreateCommand("select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition"))
            await using (var reader = await list.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                    tables.Add(reader.GetString(0));
            }

            Assert.NotEmpty(tables);
            foreach (var table in tables)
            {
                await using var look = database.CreateCommand($"select exists (select from {table} row where strpos(row::text, $1) > 0)");
                look.Parameters.AddWithValue(text);
                if (await look.ExecuteScalarAsync() is true)
                    found.Add(table);
            }
        }

        return found;
    }

    /// <summary>Null when another test's work has taken it away by now. One that is replaced while it is read is read again.</summary>
    private static async Task<Stream?> ReadAsync(BlobClient blob)
    {
        while (true)
        {
            try
            {
                return (await blob.DownloadContentAsync()).Value.Content.ToStream();
            }
            catch (RequestFailedException e) when (e.Status is 404 or 412)
            {
                if (e.Status == 404)
                    return null;
            }
        }
    }
}
