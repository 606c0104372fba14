using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Parts;
using Tickets.Core.Archive.Scan;
using Tickets.Core.Platform.Json;
using Tickets.Core.Ticketing.Reading;

namespace Tickets.Core.Operations.Scans;

/// <param name="Units">Pieces of work, each done by itself and harmless to repeat.</param>
/// <param name="Bytes">Stored bytes to read.</param>
public sealed record ScanOutline(int Units, long Tickets, long Bytes);

/// <summary>The work of a scan, unit by unit: a unit reads some days and writes what it finds as one piece of the result, while it reads.</summary>
public sealed class ScanUnits(ColdScan scan, ResultFiles results, ResultFence fence, ArchiveOptions options, TimeProvider clock)
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 2 * JsonBody.MaxDepth };

    public async Task<ScanOutline> PlanAsync(string operation, ScanRequest request, CancellationToken cancel)
    {
        var units = await scan.PlanAsync(request.Queue, request.From, request.To, options.ScanUnitBytes, cancel);
        await results.WritePlanAsync(operation, JsonSerializer.SerializeToUtf8Bytes(units, ScanJson.Default.ListListScanRange), cancel);
        return new ScanOutline(units.Count, units.Sum(unit => unit.Sum(range => range.Tickets)), units.Sum(unit => unit.Sum(range => range.Bytes)));
    }

    public async Task<ScanTally> RunAsync(string operation, ScanRequest request, int unit, CancellationToken cancel)
    {
        var ranges = JsonSerializer.Deserialize(await results.ReadPlanAsync(operation, cancel), ScanJson.Default.ListListScanRange)![unit];
        var start = clock.GetUtcNow();
        while (true)
        {
            if (await TryRunAsync(operation, request, unit, ranges, start, cancel) is { } tally)
                return tally;
        }
    }

    /// <returns>Null when a ticket of the ranges was erased meanwhile: then what was found may have it, and is thrown away.</returns>
    private async Task<ScanTally?> TryRunAsync(string operation, ScanRequest request, int unit, List<ScanRange> ranges, DateTimeOffset start, CancellationToken cancel)
    {
        var erased = await fence.ErasedSinceAsync(start, cancel);
        await using var piece = results.Begin(operation, unit);
        var tally = await WriteAsync(piece, request, ranges, erased, cancel);
        await using var entered = await fence.EnterAsync(cancel);
        var since = await fence.ErasedSinceAsync(start, cancel);
        if (since.Except(erased).Any(id => ranges.Exists(range => id >= range.FirstId && id <= range.LastId)))
            return null;
        if (tally.Matched > 0)
            await piece.CommitAsync(null, cancel);
        else
            await results.DropAsync(operation, unit, cancel);
        return tally;
    }

    private async Task<ScanTally> WriteAsync(StagedUpload piece, ScanRequest request, List<ScanRange> ranges, HashSet<long> erased, CancellationToken cancel)
    {
        var (filter, projection) = (new ScanFilter(request.Tests), request.ReadProjection());
        var line = new ArrayBufferWriter<byte>(4 * 1024);
        await using var writer = new Utf8JsonWriter(line, JsonText.Options);
        var (tally, dropped) = (ScanTally.Nothing, 0L);
        foreach (var range in ranges)
            tally += await scan.ReadAsync(request.Queue, range, filter, WriteLineAsync, cancel);
        return tally with { Matched = tally.Matched - dropped };

        ValueTask WriteLineAsync(long id, ReadOnlyMemory<byte> json)
        {
            if (erased.Contains(id))
            {
                dropped++;
                return ValueTask.CompletedTask;
            }

            line.ResetWrittenCount();
            WriteLine(line, writer, json, projection);
            return piece.WriteAsync(line.WrittenMemory, cancel);
        }
    }

    private static void WriteLine(ArrayBufferWriter<byte> line, Utf8JsonWriter writer, ReadOnlyMemory<byte> json, Projection projection)
    {
        using var document = JsonDocument.Parse(json, Deep);
        writer.Reset(line);
        TicketJson.WriteCold(writer, document.RootElement, projection);
        writer.Flush();
        line.Write("\n"u8);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(List<List<ScanRange>>))]
internal sealed partial class ScanJson : JsonSerializerContext;
