using System.Diagnostics;
using System.Net.Http.Headers;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Sas;
using Tickets.Bench.Load;
using Tickets.Bench.Report;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Scan;

namespace Tickets.Bench.Cold;

/// <summary>Lookups by id with a warm index, in turns with a raw ranged read of the same bytes and with a row of the table peer.</summary>
internal sealed class Lookups : ColdScenario
{
    private const int Asked = 2_000;

    // The peer is given as many rows as can be written in the time there is; the service's emulator is slower the more rows it has.
    private const int Rows = 20_000;

    public override IReadOnlyList<string> Figures => ["requests_per_lookup", "lookup_vs_raw_get", "lookup_vs_table_row", "table_bytes_vs_ours"];

    public override async Task RunAsync(ColdScene scene)
    {
        await scene.ArchivedAsync();
        var random = new Random(7);
        var documents = await DocumentsAsync(scene);
        var ids = Enumerable.Range(0, Asked).Select(_ => documents[random.Next(documents.Count)].Id).ToList();
        scene.Sheet.Progress("Warming up");
        foreach (var id in ids.Take(200))
            await LookupAsync(scene, id);
        scene.Sheet.Progress($"Writing {documents.Count:N0} rows of the table peer");
        var peer = new TablePeer(scene.Tables.GetTableClient("peer"));
        await peer.FillAsync(documents);

        var blocks = await BlocksAsync(scene);
        using var http = new HttpClient();
        var (raw, ours, row) = (new LatencyHistogram(), new LatencyHistogram(), new LatencyHistogram());
        scene.Sheet.Progress("Lookups, raw reads and rows in turns");
        var (lookups, requests) = (scene.Reader.Lookups, scene.Reader.StorageRequests);
        foreach (var id in ids)
        {
            var (uri, block) = blocks(id);
            await TimeAsync(raw, () => RawAsync(http, uri, block));
            await TimeAsync(ours, () => LookupAsync(scene, id));
            await TimeAsync(row, () => peer.ReadAsync(id));
        }

        scene.Sheet.Info("table_rows", documents.Count, "rows");
        var perLookup = (double)(scene.Reader.StorageRequests - requests) / (scene.Reader.Lookups - lookups);
        foreach (var (name, times) in new[] { ("raw_get", raw), ("lookup", ours), ("table_row", row) })
        {
            scene.Sheet.Info($"{name}_p50", times.Milliseconds(0.5), "ms");
            scene.Sheet.Info($"{name}_p99", times.Milliseconds(0.99), "ms");
        }

        var days = await scene.Shards.ReadChangesAsync(ColdScene.Queue, 0, default);
        var stored = days.Sum(day => TablePeer.BytesOf(day.ToEntity(ColdScene.Queue, 1)) + day.Parts.Sum(part => part.Bytes)) / (double)days.Sum(day => day.Parts.Sum(part => part.Tickets));
        scene.Sheet.Figure("requests_per_lookup", perLookup, "requests", Target.AtMost(1.01));
        scene.Sheet.Figure("lookup_vs_raw_get", ours.Milliseconds(0.5) / raw.Milliseconds(0.5), "x", Target.AtMost(1.5));
        scene.Sheet.Figure("lookup_vs_table_row", ours.Milliseconds(0.5) / row.Milliseconds(0.5), "x", Target.AtMost(1));
        scene.Sheet.Figure("table_bytes_vs_ours", documents.Average(d => TablePeer.BytesOf(TablePeer.Entity(d.Id, d.Json))) / stored, "x", Target.AtLeast(5));
    }

    private static async Task<List<(long Id, ReadOnlyMemory<byte> Json)>> DocumentsAsync(ColdScene scene)
    {
        var documents = new List<(long Id, ReadOnlyMemory<byte> Json)>();
        foreach (var range in (await scene.Scan.PlanAsync(ColdScene.Queue, new DateOnly(2019, 1, 1), new DateOnly(2030, 1, 1), 32 << 20, default)).SelectMany(unit => unit))
        {
            if (documents.Count < Rows)
                await scene.Scan.ReadAsync(ColdScene.Queue, range, new ScanFilter([]), (id, json) => { documents.Add((id, json.ToArray())); return ValueTask.CompletedTask; }, default);
        }

        return documents.Take(Rows).ToList();
    }

    private static Task<Tickets.Core.Archive.ColdLookup> LookupAsync(ColdScene scene, long id) => scene.Reader.LookupAsync([ColdScene.Queue], ["hot-0"], id, default);

    private static async Task TimeAsync(LatencyHistogram times, Func<Task> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work();
        times.Record(Stopwatch.GetTimestamp() - start);
    }

    private static async Task RawAsync(HttpClient http, Uri uri, BlockEntry block)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.Range = new RangeHeaderValue(block.Offset, block.Offset + block.Length - 1);
        using var response = await http.SendAsync(request);
        await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
    }

    /// <summary>Where each ticket's block is, as a program would know that reads it by itself.</summary>
    private static async Task<Func<long, (Uri, BlockEntry)>> BlocksAsync(ColdScene scene)
    {
        var parts = new List<(DayPart Part, Uri Uri, BlockIndex Index)>();
        foreach (var day in await scene.Shards.ReadChangesAsync(ColdScene.Queue, 0, default))
        {
            foreach (var part in day.Parts)
            {
                var blob = scene.Blobs.GetBlobClient(PartName.Of(ColdScene.Queue, day.Day, part.Part));
                var tail = (await blob.DownloadContentAsync(new BlobDownloadOptions { Range = new Azure.HttpRange(part.IndexOffset, part.IndexLength) })).Value.Content.ToArray();
                parts.Add((part, blob.GenerateSasUri(BlobSasPermissions.Read, DateTimeOffset.UtcNow.AddHours(1)), PartTail.ReadIndex(tail)));
            }
        }

        return id =>
        {
            var (_, uri, index) = parts.First(p => p.Index.Find(id) is not null);
            return (uri, index.Find(id)!.Value);
        };
    }
}
