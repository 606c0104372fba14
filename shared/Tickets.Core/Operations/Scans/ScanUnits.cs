using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tickets.Core.Archive.Scan;
using Tickets.Core.Platform.Json;
using Tickets.Core.Ticketing.Reading;

namespace Tickets.Core.Operations.Scans;

/// <param name="Units">Pieces of work, each done by itself and harmless to repeat.</param>
/// <param name="Bytes">Stored bytes to read.</param>
public sealed record ScanOutline(int Units, long Tickets, long Bytes);

/// <summary>The work of a scan, unit by unit: a unit reads some days and writes what it found as one piece of the result.</summary>
public sealed class ScanUnits(ColdScan scan, ResultFiles results)
{
    /// <summary>Some seconds of work; what a crash repeats at most.</summary>
    private const long BytesPerUnit = 32 << 20;

    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 2 * JsonBody.MaxDepth };

    public async Task<ScanOutline> PlanAsync(string operation, ScanRequest request, CancellationToken cancel)
    {
        var units = await scan.PlanAsync(request.Queue, request.From, request.To, BytesPerUnit, cancel);
        await results.WritePlanAsync(operation, JsonSerializer.SerializeToUtf8Bytes(units, ScanJson.Default.ListListScanRange), cancel);
        return new ScanOutline(units.Count, units.Sum(unit => unit.Sum(range => range.Tickets)), units.Sum(unit => unit.Sum(range => range.Bytes)));
    }

    public async Task<ScanTally> RunAsync(string operation, ScanRequest request, int unit, CancellationToken cancel)
    {
        var plan = JsonSerializer.Deserialize(await results.ReadPlanAsync(operation, cancel), ScanJson.Default.ListListScanRange)!;
        var (filter, projection) = (new ScanFilter(request.Tests), request.ReadProjection());
        var lines = new ArrayBufferWriter<byte>(64 * 1024);
        using var writer = new Utf8JsonWriter(lines, JsonText.Options);
        var tally = ScanTally.Nothing;
        foreach (var range in plan[unit])
        {
            // What a range wrote is taken back when its parts were replaced under the reader.
            var found = new ArrayBufferWriter<byte>(64 * 1024);
            tally += await scan.ReadAsync(request.Queue, range, filter, found.ResetWrittenCount, (_, json) => WriteLine(found, writer, json, projection), cancel);
            lines.Write(found.WrittenSpan);
        }

        if (lines.WrittenCount > 0)
            await results.WriteAsync(operation, unit, lines.WrittenMemory, cancel);
        else
            await results.DropAsync(operation, unit, cancel);
        return tally;
    }

    private static void WriteLine(ArrayBufferWriter<byte> lines, Utf8JsonWriter writer, ReadOnlyMemory<byte> json, Projection projection)
    {
        using var document = JsonDocument.Parse(json, Deep);
        writer.Reset(lines);
        TicketJson.WriteCold(writer, document.RootElement, projection);
        writer.Flush();
        lines.Write("\n"u8);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(List<List<ScanRange>>))]
internal sealed partial class ScanJson : JsonSerializerContext;
