using System.Globalization;
using System.Text;
using Tickets.Bench.Report;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Report;

/// <summary>One thing sampled over a run, as a line from zero up.</summary>
internal static class SeriesChart
{
    private const int Width = 1120;
    private const int Height = 120;
    private const int Left = 80;

    public static string Draw(Series series)
    {
        if (series.Samples.Count == 0)
            return "<p>No samples.</p>\n";
        var (most, end) = (Math.Max(1e-9, series.Samples.Max(sample => sample.Value)), Math.Max(1e-9, series.Samples[^1].Seconds));
        var points = string.Join(' ', series.Samples.Select(sample => string.Create(
            CultureInfo.InvariantCulture, $"{Left + ((Width - Left - 10) * sample.Seconds / end):0.#},{10 + (Height * (1 - (sample.Value / most))):0.#}")));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height + 34}\" role=\"img\" aria-label=\"{HtmlReport.Escape(series.Name)}\">\n")
            .Append(CultureInfo.InvariantCulture, $"  <polyline fill=\"none\" stroke=\"#0969da\" stroke-width=\"1.5\" points=\"{points}\"/>\n")
            .Append(CultureInfo.InvariantCulture, $"  <line x1=\"{Left}\" x2=\"{Width - 10}\" y1=\"{Height + 10}\" y2=\"{Height + 10}\" stroke=\"currentColor\" opacity=\".4\"/>\n")
            .Append(CultureInfo.InvariantCulture, $"  <text x=\"{Left - 6}\" y=\"18\" text-anchor=\"end\">{Sheet.Number(most)} {HtmlReport.Escape(series.Unit)}</text>\n")
            .Append(CultureInfo.InvariantCulture, $"  <text x=\"{Left - 6}\" y=\"{Height + 12}\" text-anchor=\"end\">0</text>\n")
            .Append(CultureInfo.InvariantCulture, $"  <text x=\"{Width - 10}\" y=\"{Height + 28}\" text-anchor=\"end\">{end:0} s</text>\n</svg>\n");
        return svg.ToString();
    }
}
