using System.Diagnostics.Metrics;
using Tickets.Core.Platform;

namespace Tickets.Core.Archive;

/// <summary>The archive's instruments.</summary>
internal static class ColdMetrics
{
    private static readonly Meter Meter = new("Tickets");

    public static readonly Counter<long> Lookups =
        Meter.CreateCounter<long>("tickets.cold.lookups", "{lookup}", "Lookups of a ticket in the cold tier.");

    public static readonly Counter<long> StorageRequests =
        Meter.CreateCounter<long>("tickets.cold.storage_requests", "{request}", "Storage requests that lookups in the cold tier took.");

    public static readonly Counter<long> Archived =
        Meter.CreateCounter<long>("tickets.archive.moved", "{ticket}", "Tickets moved from the hot to the cold tier.");

    public static readonly Counter<long> StoredBytes =
        Meter.CreateCounter<long>("tickets.archive.stored", "By", "Bytes of the parts written.");

    public static readonly Counter<long> Compacted =
        Meter.CreateCounter<long>("tickets.archive.compacted", "{part}", "Parts that were replaced by fewer.");

    public static readonly Tally DamagedParts = new(Meter, "tickets.cold.damaged_parts", "{part}", "Parts found damaged or missing.");
}
