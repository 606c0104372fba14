using System.Globalization;
using System.Text;
using Tickets.Chaos.Histories;

namespace Tickets.Chaos.Report;

/// <summary>Operations by outcome, their latencies, and the faults behind both, over time.</summary>
internal static class Timeline
{
    private const int Width = 1120;
    private const int Left = 112;
    private const int Lane = 16;
    private const int Bars = 120;
    private const int Dots = 200;
    private const int Gap = 34;
    private const int Bins = 200;
    private const int MostDots = 6000;

    private static readonly (EventKind Kind, string Colour, string Name)[] Outcomes =
        [(EventKind.Ok, "#2da44e", "done"), (EventKind.Fail, "#8b949e", "refused"), (EventKind.Unknown, "#cf222e", "unknown")];

    private static readonly string[] FaultColours = ["#d29922", "#8250df", "#0969da", "#bf3989", "#1b7c83", "#953800"];

    /// <returns>An SVG element.</returns>
    public static string Draw(IReadOnlyList<Operation> operations)
    {
        var faults = operations.Where(each => each.Process == HistoryEvent.Nemesis).ToList();
        var work = operations.Where(each => each.Process != HistoryEvent.Nemesis).ToList();
        var names = faults.Select(fault => fault.Op).Distinct().Order(StringComparer.Ordinal).ToList();
        var end = Math.Max(1, operations.Max(each => each.Answered));
        var (barsAt, dotsAt) = ((names.Count * Lane) + Gap, (names.Count * Lane) + Gap + Bars + Gap);
        var height = dotsAt + Dots + Gap;
        var svg = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {height}\" role=\"img\" aria-label=\"operations, latencies and faults over time\">\n"));
        foreach (var fault in faults)
        {
            var lane = names.IndexOf(fault.Op);
            var (x, width) = (X(fault.Begun, end), Math.Max(1.5, X(fault.Answered, end) - X(fault.Begun, end)));
            var colour = FaultColours[lane % FaultColours.Length];
            Add(svg, $"<rect x=\"{x:0.#}\" y=\"{lane * Lane + 3}\" width=\"{width:0.#}\" height=\"{Lane - 4}\" fill=\"{colour}\"><title>{HtmlReport.Escape(fault.Op)} at {fault.Begun / 1e6:0.0} s for {(fault.Answered - fault.Begun) / 1e6:0.0} s</title></rect>");
            Add(svg, $"<rect x=\"{x:0.#}\" y=\"{barsAt}\" width=\"{width:0.#}\" height=\"{height - barsAt - Gap}\" fill=\"{colour}\" opacity=\".13\"/>");
        }

        foreach (var (name, lane) in names.Select((name, lane) => (name, lane)))
            Add(svg, $"<text x=\"{Left - 4}\" y=\"{lane * Lane + 13}\" text-anchor=\"end\" font-size=\"9\">{HtmlReport.Escape(Short(name))}</text>");
        DrawBars(svg, work, end, barsAt);
        DrawDots(svg, work, end, dotsAt);
        for (var tick = 0; tick <= 10; tick++)
            Add(svg, $"<text x=\"{Left + ((Width - Left - 10) * tick / 10.0):0.#}\" y=\"{height - 12}\" text-anchor=\"middle\">{end * tick / 10e6:0.#} s</text>");
        return svg.Append("</svg>\n").ToString();
    }

    private static void DrawBars(StringBuilder svg, List<Operation> work, long end, int top)
    {
        var counts = new int[Outcomes.Length, Bins];
        foreach (var operation in work)
            counts[Array.FindIndex(Outcomes, each => each.Kind == operation.Outcome), Math.Min(Bins - 1, (int)(operation.Answered * Bins / end))]++;
        var most = Math.Max(1, Enumerable.Range(0, Bins).Max(bin => Enumerable.Range(0, Outcomes.Length).Sum(kind => counts[kind, bin])));
        var width = (Width - Left - 10.0) / Bins;
        for (var bin = 0; bin < Bins; bin++)
        {
            var y = (double)top + Bars;
            for (var kind = 0; kind < Outcomes.Length; kind++)
            {
                var height = Bars * counts[kind, bin] / (double)most;
                y -= height;
                if (height > 0)
                    Add(svg, $"<rect x=\"{Left + (bin * width):0.#}\" y=\"{y:0.#}\" width=\"{width - .5:0.#}\" height=\"{height:0.#}\" fill=\"{Outcomes[kind].Colour}\"/>");
            }
        }

        Add(svg, $"<text x=\"{Left - 6}\" y=\"{top + 10}\" text-anchor=\"end\">{most / (end / 1e6 / Bins):0}/s</text>");
        var legend = string.Join("   ", Outcomes.Select(each => $"<tspan fill=\"{each.Colour}\">&#9632;</tspan> {each.Name}: {work.Count(operation => operation.Outcome == each.Kind)}"));
        Add(svg, $"<text x=\"{Left}\" y=\"{top - 8}\" xml:space=\"preserve\">operations   {legend}</text>");
    }

    private static void DrawDots(StringBuilder svg, List<Operation> work, long end, int top)
    {
        // From 0.1 ms to 100 s in powers of ten.
        double Y(long microseconds) => top + Dots - (Dots * (Math.Log10(Math.Clamp(microseconds, 100, 100_000_000)) - 2) / 6);
        foreach (var (microseconds, label) in new[] { (1_000L, "1 ms"), (10_000, "10 ms"), (100_000, "100 ms"), (1_000_000, "1 s"), (10_000_000, "10 s") })
        {
            Add(svg, $"<line x1=\"{Left}\" x2=\"{Width - 10}\" y1=\"{Y(microseconds):0.#}\" y2=\"{Y(microseconds):0.#}\" stroke=\"currentColor\" opacity=\".15\"/>");
            Add(svg, $"<text x=\"{Left - 6}\" y=\"{Y(microseconds) + 4:0.#}\" text-anchor=\"end\">{label}</text>");
        }

        Add(svg, $"<text x=\"{Left}\" y=\"{top - 6}\">latencies</text>");
        // What went well may be thinned out; what did not is drawn to the last.
        var step = 1 + (work.Count / MostDots);
        foreach (var operation in work.Where((operation, i) => i % step == 0 || operation.Outcome == EventKind.Unknown).OrderBy(operation => operation.Outcome))
        {
            var colour = Outcomes.First(each => each.Kind == operation.Outcome).Colour;
            Add(svg, $"<circle cx=\"{X(operation.Answered, end):0.#}\" cy=\"{Y(operation.Answered - operation.Begun):0.#}\" r=\"1.6\" fill=\"{colour}\" opacity=\".55\"/>");
        }
    }

    private static double X(long at, long end) => Left + ((Width - Left - 10.0) * at / end);

    private static string Short(string name) => name.Length <= 18 ? name : name[..17] + "…";

    private static void Add(StringBuilder svg, FormattableString element) => svg.Append("  ").Append(element.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
