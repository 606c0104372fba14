using System.Text;

namespace Tickets.Functions.Telemetry;

/// <summary>Names of OpenTelemetry as Prometheus writes them: dots become underscores, the unit and <c>_total</c> are appended.</summary>
internal static class PrometheusName
{
    public static string OfMetric(string name, string unit, bool isCounter)
    {
        var result = new StringBuilder(OfLabel(name));
        if (Suffix(unit) is { } suffix && !result.ToString().EndsWith(suffix, StringComparison.Ordinal))
            result.Append('_').Append(suffix);
        if (isCounter)
            result.Append("_total");
        return result.ToString();
    }

    public static string OfLabel(string name) => string.Create(name.Length, name, static (span, name) =>
    {
        for (var i = 0; i < span.Length; i++)
            span[i] = char.IsAsciiLetterOrDigit(name[i]) ? name[i] : '_';
    });

    /// <summary>A unit in braces is a remark and no unit.</summary>
    private static string? Suffix(string unit) => unit switch
    {
        "s" => "seconds",
        "ms" => "milliseconds",
        "By" => "bytes",
        "1" => "ratio",
        "" => null,
        _ when unit[0] == '{' => null,
        _ => OfLabel(unit),
    };
}
