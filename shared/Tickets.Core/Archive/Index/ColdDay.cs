using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
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

    // The others are kept for parts that are replaced: a full day must be able to shrink.
    private const int MaxPartProperties = 11;
    private const int MaxCharsPerProperty = 30_000;

    public IReadOnlyList<RetiredPart> Retired { get; init; } = [];

    public static ColdDay Empty(DateOnly day) => new(day, [], 0, default);

    public DayPart? Find(string part) => Parts.FirstOrDefault(p => p.Part == part);

    public bool IsRetired(string part) => Retired.Any(r => r.Part == part);

    /// <summary>This day with the part as its newest. The same day when the part is in it already, or was retired: then it must not come back.</summary>
    public ColdDay With(DayPart part) => Find(part.Part) is not null || IsRetired(part.Part) ? this : this with { Parts = [.. Parts, part] };

    /// <summary>The same day when it does not list the part.</summary>
    public ColdDay With(string part, Func<DayPart, DayPart> change) =>
        Find(part) is { } found && change(found) is var changed && changed != found ? this with { Parts = [.. Parts.Select(p => p.Part == part ? changed : p)] } : this;

    /// <summary>Lists the part no more and remembers that its blob is to be deleted; also one that was never listed.</summary>
    public ColdDay Retire(string part, long at) => IsRetired(part)
        ? this
        : this with { Parts = [.. Parts.Where(p => p.Part != part)], Retired = [.. Retired, new RetiredPart(part, at)] };

    /// <summary>Puts the outputs in the place of the inputs, which follow one another. Null when the day has changed so that this cannot be done any more.</summary>
    public ColdDay? Replace(IReadOnlyList<DayPart> inputs, IReadOnlyList<DayPart> outputs, long at)
    {
        var place = Parts.ToList().FindIndex(p => p.Part == inputs[0].Part);
        if (place < 0 || place + inputs.Count > Parts.Count)
            return null;
        var late = new List<long>();
        for (var i = 0; i < inputs.Count; i++)
        {
            var current = Parts[place + i];
            if (current.Part != inputs[i].Part || current.Pending is not null)
                return null;
            // What was withdrawn while we wrote does not count in what we wrote either.
            late.AddRange(current.GoneIds().Except(inputs[i].GoneIds()));
        }

        return this with
        {
            Parts = [.. Parts.Take(place), .. outputs.Select(p => p.WithGone(late)), .. Parts.Skip(place + inputs.Count)],
            Retired = [.. Retired, .. inputs.Select(p => new RetiredPart(p.Part, at))],
        };
    }

    /// <summary>The blobs are deleted and nobody can list these parts again.</summary>
    public ColdDay Forget(IReadOnlySet<string> retired) =>
        Retired.Any(r => retired.Contains(r.Part)) ? this with { Retired = [.. Retired.Where(r => !retired.Contains(r.Part))] } : this;

    /// <summary>Whether a row can hold so many parts; if not, the day has to be compacted before it takes another.</summary>
    public bool Fits => PartLists().Count is var parts && parts <= MaxPartProperties && parts + RetiredLists().Count <= MaxProperties;

    /// <summary>Whether it can be written at all.</summary>
    public bool IsStorable => PartLists().Count + RetiredLists().Count <= MaxProperties;

    /// <exception cref="InvalidOperationException">The day does not fit into a row.</exception>
    public TableEntity ToEntity(string queue, long revision)
    {
        var (lists, retired) = (PartLists(), RetiredLists());
        if (lists.Count + retired.Count > MaxProperties)
            throw new InvalidOperationException($"Day {PartName.Format(Day)} of queue '{queue}' has {Parts.Count} parts and {Retired.Count} retired ones: more than a row holds.");
        var entity = new TableEntity(QueueKey.Escape(queue), PartName.Format(Day))
        {
            ["Format"] = Format,
            ["Revision"] = revision,
            ["Tickets"] = Parts.Sum(p => p.Tickets),
            ["Bytes"] = Parts.Sum(p => p.Bytes),
            ["MinId"] = Parts.Count == 0 ? null : Parts.Min(p => p.MinId),
            ["MaxId"] = Parts.Count == 0 ? null : Parts.Max(p => p.MaxId),
            ["RetiredParts"] = Retired.Count,
        };
        for (var i = 0; i < lists.Count; i++)
            entity[$"Parts{i}"] = lists[i];
        for (var i = 0; i < retired.Count; i++)
            entity[$"Retired{i}"] = retired[i];
        return entity;
    }

    /// <exception cref="InvalidDataException">The row is of another format or cannot be read.</exception>
    public static ColdDay From(TableEntity entity)
    {
        if (entity.GetInt32("Format") != Format)
            throw new InvalidDataException($"The row {entity.PartitionKey} {entity.RowKey} has format {entity.GetInt32("Format")}; this program reads {Format}.");
        return new ColdDay(
            PartName.ParseDay(entity.RowKey), Read(entity, "Parts", DayPartJson.Default.DayPartArray), entity.GetInt64("Revision") ?? 0, entity.ETag)
        {
            Retired = Read(entity, "Retired", DayPartJson.Default.RetiredPartArray),
        };
    }

    private static List<T> Read<T>(TableEntity entity, string property, JsonTypeInfo<T[]> type)
    {
        var all = new List<T>();
        for (var i = 0; entity.GetString($"{property}{i}") is { } list; i++)
            all.AddRange(JsonSerializer.Deserialize(list, type)!);
        return all;
    }

    private List<string> PartLists() => Lists(Parts, DayPartJson.Default.DayPart);

    private List<string> RetiredLists() => Lists(Retired, DayPartJson.Default.RetiredPart);

    /// <summary>The values as JSON arrays, each short enough for a property.</summary>
    private static List<string> Lists<T>(IEnumerable<T> values, JsonTypeInfo<T> type)
    {
        var lists = new List<string>();
        var list = new StringBuilder();
        foreach (var value in values)
        {
            var json = JsonSerializer.Serialize(value, type);
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
