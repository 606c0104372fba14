using Tickets.Core.Archive.Index;
using Tickets.Core.Archive.Parts;

namespace Tickets.Core.Archive;

/// <summary>What the cold tier's units of work share.</summary>
internal sealed record ArchiveTools(ColdShards Shards, ColdParts Parts, ColdIndex Index, TierMoves Moves, Compaction Compaction, TimeProvider Time)
{
    /// <summary>In seconds of Unix time, as rows have it.</summary>
    public long Now => Time.GetUtcNow().ToUnixTimeSeconds();
}
