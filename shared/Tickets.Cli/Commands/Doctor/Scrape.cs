using System.Globalization;

namespace Tickets.Cli;

/// <summary>Metrics in Prometheus's text format, read for single values.</summary>
internal sealed class Scrape(string text)
{
    private readonly (string Name, double Value)[] _series =
    [
        .. text.Split('\n').Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => (line[..line.IndexOfAny(['{', ' '])], double.Parse(line[(line.LastIndexOf(' ') + 1)..].Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture))),
    ];

    public int Series => _series.Length;

    /// <summary>Over all series of this name; null when there is none.</summary>
    public double? Largest(string name)
    {
        var values = _series.Where(series => series.Name == name).Select(series => series.Value).ToList();
        return values.Count == 0 ? null : values.Max();
    }
}
