using System.Text;
using System.Text.Json;
using Azure;
using Tickets.Core.Platform.Tables;

namespace Tickets.Core.Archive.Index;

/// <summary>
/// One queue and creation day in the table: its parts, oldest first. A ticket that is in several parts counts as in the last of them.
/// A day without parts stays as a row, so that readers who ask what changed see that it emptied.
/// </summary>
internal sealed record ColdDay(DateOnly Day, IReadOnlyList<DayPart> Parts, long Revision, ETag ETag)
{
    public const int Format = 1;

    // A property holds 60 KiB of UTF-16; with 15 of them a row stays below 1 MiB.
    private const int MaxProperties = 15;
    private const int MaxCharsPerProperty = 30_000;

    public static ColdDay Empty(DateOnly day) => new(day, [], 0, default);

    /// <summary>This day with the part as its newest. The same day when the part is in it already.</summary>
    public ColdDay With(DayPart part) => Parts.Any(p => p.Part == part.Part) ? this : this with { Parts = [.. Parts, part] };

    public ColdDay Without(string part) => Parts.Any(p => p.Part == part) ? this with { Parts = [.. Parts.Where(p => p.Part != part)] } : this;

    /// <summary>Whether a row can hold so many parts; if not, the day has to be compacted before it takes another.</summary>
    public bool Fits => PartLists().Count <= MaxProperties;

    /// <exception cref="InvalidOperationException">The day does not fit into a row.</exception>
    public TableEntity ToEntity(string queue, long revision)
    {
        var lists = PartLists();
        if (lists.Count > MaxProperties)
            throw new InvalidOperationException($"Day {PartName.Format(Day)} of queue '{queue}' has {Parts.Count} parts: more than a row holds.");
        var entity = new TableEntity(QueueKey.Escape(queue), PartName.Format(Day))
        {
            ["Format"] = Format,
            ["Revision"] = revision,
            ["Tickets"] = Parts.Sum(p => p.Tickets),
            ["Bytes"] = Parts.Sum(p => p.Bytes),
            ["MinId"] = Parts.Count == 0 ? null : Parts.Min(p => p.MinId),
            ["MaxId"] = Parts.Count == 0 ? null : Parts.Max(p => p.MaxId),
        };
        for (var i = 0; i < lists.Count; i++)
            entity[$"Parts{i}"] = lists[i];
        return entity;
    }

    /// <exception cref="InvalidDataException">The row is of another format or cannot be read.</exception>
    public static ColdDay From(TableEntity entity)
    {
        if (entity.GetInt32("Format") != Format)
            throw new InvalidDataException($"The row {entity.PartitionKey} {entity.RowKey} has format {entity.GetInt32("Format")}; this program reads {Format}.");
        var parts = new List<DayPart>();
        for (var i = 0; entity.GetString($"Parts{i}") is { } list; i++)
            parts.AddRange(JsonSerializer.Deserialize(list, DayPartJson.Default.DayPartArray)!);
        return new ColdDay(PartName.ParseDay(entity.RowKey), parts, entity.GetInt64("Revision") ?? 0, entity.ETag);
    }

    /// <summary>The parts as JSON arrays, each short enough for a property.</summary>
    private List<string> PartLists()
    {
        var lists = new List<string>();
        var list = new StringBuilder();
        foreach (var part in Parts)
        {
            var json = JsonSerializer.Serialize(part, DayPartJson.Default.DayPart);
            if (list.Length > 0 && list.Length + json.Length + 2 > MaxCharsPerProperty)
                Close();
            list.Append(list.Length == 0 ? '[' : ',').Append(json);
        }

        if (list.Length > 0)
            Close();
        return lists;

        void Close()
        {
            lists.Add(list.Append(']').ToString());
            list.Clear();
        }
    }
}
