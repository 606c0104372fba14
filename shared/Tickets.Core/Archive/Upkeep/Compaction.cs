using Microsoft.Extensions.Logging;
using Tickets.Core.Archive.Format;
using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <param name="Merged">Parts that were replaced.</param>
/// <param name="Written">Parts that took their place.</param>
/// <param name="Failures">Days that could not be compacted, with the damaged part when that was the reason.</param>
public sealed record CompactionReport(int Days, int Merged, int Written, long Bytes, IReadOnlyList<ArchiveFailure> Failures)
{
    internal static readonly CompactionReport Nothing = new(0, 0, 0, 0, []);

    public static CompactionReport operator +(CompactionReport a, CompactionReport b) =>
        new(a.Days + b.Days, a.Merged + b.Merged, a.Written + b.Written, a.Bytes + b.Bytes, [.. a.Failures, .. b.Failures]);
}

/// <summary>
/// Writes parts of a day anew, in fewer and without what does not count any more. The new parts take the old ones' place in one change of the day's row, so a reader
/// sees either; the old blobs are deleted only when no reader can hold them (<see cref="ColdSweep"/>). A run that is cut off leaves blobs that no row lists.
/// </summary>
public sealed class Compaction(ColdShards shards, ColdParts parts, ArchiveOptions options, TimeProvider time, ILogger<Compaction> log)
{
    private long Now => time.GetUtcNow().ToUnixTimeSeconds();

    internal async Task<CompactionReport> CompactDayAsync(string queue, DateOnly day, CompactionRule rule, CancellationToken cancellationToken)
    {
        var report = CompactionReport.Nothing;
        while (true)
        {
            var row = await shards.ReadDayAsync(queue, day, cancellationToken);
            if (rule.Choose(row, Now, options) is not { } inputs)
                return report;
            if (await RewriteAsync(queue, day, inputs, new HashSet<long>(), cancellationToken) is not { } outputs)
                return report;
            report += new CompactionReport(report.Days == 0 ? 1 : 0, inputs.Count, outputs.Count, outputs.Sum(p => p.Bytes), []);
            if (outputs.Count >= inputs.Count)
                return report;
        }
    }

    /// <summary>Writes parts anew of which so many tickets do not count any more that their lists weigh on the row.</summary>
    internal async Task DropGoneAsync(string queue, DateOnly day, CancellationToken cancellationToken)
    {
        foreach (var part in (await shards.ReadDayAsync(queue, day, cancellationToken)).Parts.Where(p => p is { Gone: not null, Pending: null }))
        {
            if (part.Gone!.Length > DayPart.MaxGoneBytes)
                await RewriteAsync(queue, day, [part], new HashSet<long>(), cancellationToken);
            else
                await parts.MarkAsync(PartName.Of(queue, day, part.Part), PartMetadata.Of(part), cancellationToken);
        }
    }

    /// <summary>Replaces the inputs, which follow one another in the day's row, by what remains of them without <paramref name="drop"/>.</summary>
    /// <returns>Null when the day has changed meanwhile so that it has to be looked at again; nothing was changed then.</returns>
    internal async Task<IReadOnlyList<DayPart>?> RewriteAsync(
        string queue, DateOnly day, IReadOnlyList<DayPart> inputs, IReadOnlySet<long> drop, CancellationToken cancellationToken)
    {
        IReadOnlyList<DayPart> outputs;
        try
        {
            outputs = await new PartMerge(parts, queue, day, options.MaxPartBytes).WriteAsync(inputs, drop, cancellationToken);
        }
        catch (DamagedPartException e)
        {
            if (!await IsStaleAsync(queue, day, inputs, cancellationToken))
                throw;
            log.DayChanged(PartName.Format(day), queue, e.Message);
            return null;
        }

        var (now, replaced) = (Now, false);
        await shards.CommitAsync(
            queue,
            [day],
            current =>
            {
                // Our own commit may have succeeded with its answer lost.
                if (replaced = outputs.Count > 0 && current.Find(outputs[0].Part) is not null)
                    return current;
                var changed = current.Replace(inputs, outputs, now);
                replaced = changed?.IsStorable == true;
                if (replaced)
                    return changed!;
                var without = outputs.Aggregate(current, (d, output) => d.Retire(output.Part, now));
                return without.IsStorable ? without : current;
            },
            cancellationToken);
        if (!replaced)
        {
            // Nobody has ever seen them.
            foreach (var output in outputs)
                await parts.DeleteAsync(PartName.Of(queue, day, output.Part), cancellationToken);
            return null;
        }

        foreach (var input in inputs)
            await parts.MarkAsync(PartName.Of(queue, day, input.Part), PartMetadata.Of(input, retiredAt: now), cancellationToken);
        ColdMetrics.Compacted.Add(inputs.Count);
        return outputs;
    }

    private async Task<bool> IsStaleAsync(string queue, DateOnly day, IReadOnlyList<DayPart> inputs, CancellationToken cancellationToken)
    {
        var row = await shards.ReadDayAsync(queue, day, cancellationToken);
        return inputs.Any(input => row.Find(input.Part) is null);
    }
}
