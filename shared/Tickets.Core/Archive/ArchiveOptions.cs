using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Tickets.Core.Archive;

/// <summary>Configuration of the cold tier, section <c>Archive</c>. Times are <c>hh:mm:ss</c> or <c>d.hh:mm:ss</c>.</summary>
public sealed record ArchiveOptions
{
    /// <summary><c>MaxPartBytes</c>: compaction splits a day into parts of about this stored size.</summary>
    public long MaxPartBytes { get; init; } = 1L << 30;

    /// <summary><c>CompactAtParts</c>: so many small parts of a day are merged without waiting for the day to become quiet.</summary>
    public int CompactAtParts { get; init; } = 16;

    /// <summary><c>QuietTime</c>: a day that got no part for so long is compacted down to few parts.</summary>
    public TimeSpan QuietTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary><c>RetiredGrace</c>: a part that was replaced is deleted so long afterwards. Longer than any process trusts its copy of the index.</summary>
    public TimeSpan RetiredGrace { get; init; } = TimeSpan.FromHours(1);

    /// <summary><c>OrphanAge</c>: a blob that no row lists so long after it was written is deleted.</summary>
    public TimeSpan OrphanAge { get; init; } = TimeSpan.FromHours(6);

    /// <summary><c>IndexMaxAge</c>: how old a process's copy of a queue's index may be while its hot shard does not say that something moved.</summary>
    public TimeSpan IndexMaxAge { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary><c>BlockIndexBytes</c>: memory for block indexes.</summary>
    public long BlockIndexBytes { get; init; } = 64L << 20;

    /// <summary><c>ScanUnitBytes</c>: about so many stored bytes are one unit of work of a scan, and what a crash repeats; a part is never divided.</summary>
    public long ScanUnitBytes { get; init; } = 32L << 20;

    /// <summary><c>HotShare</c>: the share of the time that the archiver works on a shard to which somebody else writes, 0.01 to 1.</summary>
    public double HotShare { get; init; } = 0.1;

    /// <summary><c>Tiers:Cool</c>, <c>Tiers:Cold</c>, <c>Tiers:Archive</c>: the age at which parts go to that access tier; none by default.</summary>
    public IReadOnlyList<(string Tier, TimeSpan Age)> Tiers { get; init; } = [];

    /// <exception cref="InvalidOperationException">A value cannot be read, or cannot work with another.</exception>
    public static ArchiveOptions From(IConfiguration configuration)
    {
        var section = configuration.GetSection("Archive");
        var defaults = new ArchiveOptions();
        var options = new ArchiveOptions
        {
            MaxPartBytes = Number(section, "MaxPartBytes", defaults.MaxPartBytes, least: 1 << 20),
            CompactAtParts = (int)Number(section, "CompactAtParts", defaults.CompactAtParts, least: 2),
            QuietTime = Duration(section, "QuietTime") ?? defaults.QuietTime,
            RetiredGrace = Duration(section, "RetiredGrace") ?? defaults.RetiredGrace,
            OrphanAge = Duration(section, "OrphanAge") ?? defaults.OrphanAge,
            IndexMaxAge = Duration(section, "IndexMaxAge") ?? defaults.IndexMaxAge,
            BlockIndexBytes = Number(section, "BlockIndexBytes", defaults.BlockIndexBytes, least: 1 << 20),
            ScanUnitBytes = Number(section, "ScanUnitBytes", defaults.ScanUnitBytes, least: 1 << 10),
            HotShare = Share(section, "HotShare") ?? defaults.HotShare,
            Tiers = new[] { "Cool", "Cold", "Archive" }
                .Select(tier => (tier, Duration(section, $"Tiers:{tier}")))
                .Where(tier => tier.Item2 is not null)
                .Select(tier => (tier.tier, tier.Item2!.Value)).ToList(),
        };
        if (options.IndexMaxAge > TierMoves.Kept / 2)
            throw new InvalidOperationException($"Archive:IndexMaxAge must be at most {TierMoves.Kept / 2}: shards remember for {TierMoves.Kept} what left them.");
        if (options.RetiredGrace < options.IndexMaxAge)
            throw new InvalidOperationException("Archive:RetiredGrace must be at least Archive:IndexMaxAge: readers may hold replaced parts so long.");
        return options;
    }

    private static TimeSpan? Duration(IConfigurationSection section, string key) => section[key] switch
    {
        null or "" => null,
        var text when TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= TimeSpan.Zero => value,
        var text => throw new InvalidOperationException($"Archive:{key} is '{text}': give a time as hh:mm:ss or d.hh:mm:ss."),
    };

    private static long Number(IConfigurationSection section, string key, long fallback, long least) => section[key] switch
    {
        null or "" => fallback,
        var text when long.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= least => value,
        var text => throw new InvalidOperationException($"Archive:{key} is '{text}': give a whole number of at least {least}."),
    };

    private static double? Share(IConfigurationSection section, string key) => section[key] switch
    {
        null or "" => null,
        var text when double.TryParse(text, CultureInfo.InvariantCulture, out var value) && value is >= 0.01 and <= 1 => value,
        var text => throw new InvalidOperationException($"Archive:{key} is '{text}': give a share between 0.01 and 1."),
    };
}
