using System.Text.RegularExpressions;

namespace Tickets.Tests.Telemetry;

/// <summary>The metrics that queries name.</summary>
internal static partial class MetricNames
{
    public static HashSet<string> In(string text) => Name().Matches(text).Select(match => Suffix().Replace(match.Value, "")).ToHashSet(StringComparer.Ordinal);

    // A metric is followed by its labels, a range, a bracket or a comparison; labels themselves are not.
    [GeneratedRegex(@"\b(tickets|http_server|db_client|dotnet|kestrel)_[a-z_]+(?=[{\[)\s,])")]
    private static partial Regex Name();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}
