using System.Text;
using Tickets.Core.Archive;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Tests.Archive;

/// <summary>Puts parts into a scene's cold tier as the archiver leaves them.</summary>
internal static class ColdScenes
{
    public static readonly DateOnly Day = new(2025, 3, 14);

    /// <param name="text">The same text for every ticket, to tell copies apart.</param>
    public static async Task<DayPart> PutPartAsync(this ArchiveScene scene, DateOnly day, IEnumerable<long> ids, string text, long at = 0)
    {
        var process = scene.Process();
        var id = PartName.NewId();
        await using var upload = process.Parts.Create(PartName.Of(scene.Queue.Name, day, id));
        using var writer = new PartWriter(upload);
        foreach (var ticket in ids)
            await writer.AppendAsync(ticket, SampleParts.Document(ticket, text), CancellationToken.None);
        var entry = DayPart.From(id, await writer.CompleteAsync(CancellationToken.None)) with { At = at };
        await upload.CommitAsync(PartMetadata.Of(entry), CancellationToken.None);
        await process.Shards.CommitAsync(scene.Queue.Name, [day], d => d.With(entry), CancellationToken.None);
        return entry;
    }

    /// <summary>The text of a ticket's document, read by a process that knows nothing yet.</summary>
    public static async Task<string?> TextAsync(this ArchiveScene scene, long id, ArchiveProcess? process = null) =>
        await (process ?? scene.Process()).Tickets.FindAsync(scene.Queue.Name, id, CancellationToken.None) is { } json
            ? System.Text.Json.JsonDocument.Parse(json).RootElement.GetProperty("meta").GetProperty("text").GetString()
            : null;

    public static async Task<ColdDay> RowAsync(this ArchiveScene scene, DateOnly? day = null) =>
        await scene.Process().Shards.ReadDayAsync(scene.Queue.Name, day ?? Day, CancellationToken.None);

    public static async Task<int> CountBlobsAsync(this ArchiveScene scene) => (await scene.Blobs.GetBlobsAsync().ToListAsync()).Count;

    /// <summary>No ticket is hot, each is once in a part that reads back as written, and the readers find them all.</summary>
    public static async Task AllAreColdOnceAsync(this ArchiveScene scene, int tickets, ColdTickets readers)
    {
        Assert.Equal(0, await scene.CountHotAsync());
        var process = scene.Process();
        var days = await process.Shards.ReadChangesAsync(scene.Queue.Name, 0, CancellationToken.None);
        Assert.All(days.SelectMany(d => d.Parts), p => Assert.Null(p.Pending));
        Assert.Equal(tickets, days.Sum(d => d.Parts.Sum(p => p.Tickets - p.GoneIds().Count)));
        foreach (var (day, part) in days.SelectMany(d => d.Parts.Select(p => (d.Day, p))))
        {
            var read = await process.Parts.CheckAsync(PartName.Of(scene.Queue.Name, day, PartName.ParseId(part.Part)), CancellationToken.None);
            Assert.Equal(part.Sha256, Convert.ToHexStringLower(read.Sha256));
        }

        foreach (var id in ArchiveScene.Ids(tickets))
            Assert.StartsWith($"ticket {id} ", await scene.ReadAsync(readers, id));
    }
}
