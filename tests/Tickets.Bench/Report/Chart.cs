using System.Globalization;
using System.Text;

namespace Tickets.Bench.Report;

/// <summary>Draws figures as bars against their targets, for light and dark pages alike.</summary>
internal static class Chart
{
    private const int Width = 860;
    private const int RowHeight = 30;
    private const int Top = 64;
    private const int BarsAt = 250;
    private const int TargetAt = 430;
    private const int BarsEnd = 640;

    /// <returns>An SVG document. Every bar that reaches the line has met its target, also where less is better.</returns>
    public static string Draw(string title, IReadOnlyList<Figure> figures)
    {
        var height = Top + (figures.Count * RowHeight) + 24;
        var svg = new StringBuilder(
            $$"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{Width}} {{height}}" width="{{Width}}" height="{{height}}" role="img" aria-label="{{Escape(title)}}">
              <style>
                text { font: 13px system-ui, sans-serif; fill: #24292f }
                .title { font-size: 16px; font-weight: 600 }
                .small { font-size: 12px; fill: #57606a }
                .ok { fill: #2da44e } .short { fill: #cf222e }
                .target { stroke: #24292f; stroke-width: 1.5; stroke-dasharray: 4 3 }
                .back { fill: #ffffff }
                @media (prefers-color-scheme: dark) {
                  text { fill: #e6edf3 } .small { fill: #8b949e }
                  .ok { fill: #3fb950 } .short { fill: #f85149 }
                  .target { stroke: #e6edf3 } .back { fill: #0d1117 }
                }
              </style>
              <rect class="back" width="{{Width}}" height="{{height}}" rx="6"/>
              <text class="title" x="16" y="28">{{Escape(title)}}</text>
              <text class="small" x="{{TargetAt}}" y="50" text-anchor="middle">target</text>

            """);
        for (var i = 0; i < figures.Count; i++)
            DrawRow(svg, figures[i], Top + (i * RowHeight));
        svg.Append(CultureInfo.InvariantCulture, $"  <line class=\"target\" x1=\"{TargetAt}\" y1=\"56\" x2=\"{TargetAt}\" y2=\"{height - 20}\"/>\n</svg>\n");
        return svg.ToString();
    }

    private static void DrawRow(StringBuilder svg, Figure figure, int top)
    {
        var length = Math.Min(Reached(figure) * (TargetAt - BarsAt), BarsEnd - BarsAt);
        var state = figure.IsReached ? "ok" : "short";
        svg.Append(CultureInfo.InvariantCulture,
            $"""
              <text x="{BarsAt - 10}" y="{top + 17}" text-anchor="end">{Escape(figure.Name.Replace('_', ' '))}</text>
              <rect class="{state}" x="{BarsAt}" y="{top + 4}" width="{Math.Max(1, length):0.#}" height="18" rx="2"/>
              <text class="small" x="{BarsEnd + 12}" y="{top + 17}">{Sheet.Number(figure.Value)} {Escape(figure.Unit)} (target {Escape(figure.Target.ToString())}){(figure.IsReached ? "" : " short")}</text>

            """);
    }

    /// <summary>1 on the target, more beyond it.</summary>
    private static double Reached(Figure figure)
    {
        var (value, target) = (Math.Max(figure.Value, 1e-9), Math.Max(figure.Target.Number, 1e-9));
        return figure.Target.Operator == ">=" ? value / target : target / value;
    }

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal).Replace("\"", "&quot;", StringComparison.Ordinal);
}
