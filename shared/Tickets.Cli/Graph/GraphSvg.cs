using System.Globalization;
using System.Net;
using System.Text;

namespace Tickets.Cli;

/// <summary>A workflow as a picture that needs nothing else: no script, no font, no network.</summary>
internal static class GraphSvg
{
    private const int NodeWidth = 170, NodeHeight = 46, ColumnWidth = 290, RowHeight = 104, Margin = 40, Top = 84;

    private const string Style =
        """
        text{font:14px system-ui,sans-serif;fill:#1f2933}.title{font-size:18px;font-weight:600}.note{font-size:12px;fill:#52606d}.rule{font-size:12px;fill:#52606d;paint-order:stroke;stroke:#fff;stroke-width:4px}
        rect{fill:#eef4fb;stroke:#3b6ea5;stroke-width:1.5}.initial{stroke-width:3.5}.terminal{fill:#e6f4ea;stroke:#2d7d46}.warning{fill:#fff6dd;stroke:#b7791f}.fault{fill:#fdecec;stroke:#c53030}.missing{stroke-dasharray:6 4}
        path{fill:none;stroke:#7b8794;stroke-width:1.5}.normal{stroke:#1f2933;stroke-width:2.8}.timeout{stroke-dasharray:3 5}.broken{stroke:#c53030}.message{fill:#c53030;font-size:13px}
        """;

    public static string Draw(WorkflowGraph graph, IReadOnlyList<Finding> findings)
    {
        var places = GraphLayout.Of(graph);
        var below = graph.Ways.Count(way => places[way.From].Column >= places[way.To].Column);
        var height = Top + (places.Values.Max(place => place.Row) + 1) * RowHeight + 26 * Math.Min(below, 8);
        var width = Margin * 2 + (places.Values.Max(place => place.Column) * ColumnWidth) + NodeWidth + 40;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height + 22 * findings.Count + 30:0}\" width=\"{width}\" role=\"img\">\n<title>{Escape(graph.Name)}</title>\n<style>{Style}</style>\n");
        svg.Append("<defs><marker id=\"to\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" markerUnits=\"userSpaceOnUse\" orient=\"auto-start-reverse\"><path d=\"M0 0L10 5L0 10z\" style=\"fill:#52606d;stroke:none\"/></marker></defs>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"100%\" height=\"100%\" style=\"fill:#fff;stroke:none\"/>\n<text class=\"title\" x=\"{Margin}\" y=\"34\">{Escape(graph.Name)}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"note\" x=\"{Margin}\" y=\"54\">thick border: initial · green: terminal · thick arrow: normal next · dotted: at the end of the lifetime</text>\n");
        foreach (var way in graph.Ways) Arrow(svg, graph, places, way);
        foreach (var place in places.Values) Node(svg, graph, place, findings);
        for (var i = 0; i < findings.Count; i++)
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"message\" x=\"{Margin}\" y=\"{height + 22 * i + 16:0}\">{Escape($"{findings[i].Severity} {findings[i].Pointer}: {findings[i].Message}")}</text>\n");
        return svg.Append("</svg>\n").ToString();
    }

    private static void Node(StringBuilder svg, WorkflowGraph graph, Place place, IReadOnlyList<Finding> findings)
    {
        var status = graph.Statuses.GetValueOrDefault(place.Name);
        var worst = status is null ? "fault missing" : findings.Where(finding => finding.Status == place.Name).Select(finding => finding.Severity).Order(StringComparer.Ordinal).FirstOrDefault() ?? (status.IsTerminal ? "terminal" : "");
        var initial = place.Name == graph.Initial ? " initial" : "";
        var (x, y) = (X(place), Y(place));
        svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"{worst}{initial}\" x=\"{x}\" y=\"{y:0}\" width=\"{NodeWidth}\" height=\"{NodeHeight}\" rx=\"8\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + NodeWidth / 2}\" y=\"{y + 28:0}\" text-anchor=\"middle\">{Escape(Short(place.Name, 20))}</text>");
        var note = status is null ? "not there" : WorkflowGraph.Text(status.Definition["lifetime"]) is { } life ? $"lives {life}" : "";
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"note\" x=\"{x + NodeWidth / 2}\" y=\"{y + NodeHeight + 14:0}\" text-anchor=\"middle\">{Escape(note)}</text>\n");
    }

    private static void Arrow(StringBuilder svg, WorkflowGraph graph, IReadOnlyDictionary<string, Place> places, Way way)
    {
        var (from, to) = (places[way.From], places[way.To]);
        var kind = (graph.Statuses.ContainsKey(way.To) ? "" : "broken ") + (way.IsTimeout ? "timeout" : way.IsNormal ? "normal" : "");
        var (line, x, y) = from.Column < to.Column ? Forward(from, to) : Back(from, to);
        svg.Append(CultureInfo.InvariantCulture, $"<path class=\"{kind.Trim()}\" marker-end=\"url(#to)\" d=\"{line}\"/>");
        if (way.Rule.Length > 0)
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"rule\" x=\"{x:0}\" y=\"{y:0}\" text-anchor=\"middle\">{Escape(way.Rule == "-" ? "clears" : way.Rule)}</text>");
        svg.Append('\n');
    }

    private static (string Line, double X, double Y) Forward(Place from, Place to)
    {
        var (x1, y1, x2, y2) = (X(from) + NodeWidth, Y(from) + NodeHeight / 2.0, X(to), Y(to) + NodeHeight / 2.0);
        // A way past other columns goes in an arc above them.
        var lift = (to.Column - from.Column - 1) * 56;
        if (lift > 0) y1 -= 12;
        var bend = Math.Max(40, (x2 - x1) / 2.5);
        return (string.Create(CultureInfo.InvariantCulture, $"M{x1} {y1:0.#}C{x1 + bend:0.#} {y1 - lift:0.#} {x2 - bend:0.#} {y2 - lift:0.#} {x2} {y2:0.#}"), x1 + ((x2 - x1) * 0.7), y1 + ((y2 - y1) * 0.78) - (lift * 0.63) - 5);
    }

    private static (string Line, double X, double Y) Back(Place from, Place to)
    {
        var (x1, x2) = (X(from) + NodeWidth * 0.4, X(to) + NodeWidth * 0.6);
        var (y1, y2) = (Y(from) + NodeHeight, Y(to) + NodeHeight + 0.0);
        if (from.Column == to.Column && from.Row != to.Row)
            (y1, y2) = from.Row < to.Row ? (y1, Y(to)) : (Y(from), Y(to) + NodeHeight);
        var drop = from.Column == to.Column && from.Row != to.Row ? 0 : 46 + 10 * (from.Column - to.Column);
        var sign = Math.Sign(y2 - y1) * (drop == 0 ? 24 : 0);
        return (string.Create(CultureInfo.InvariantCulture, $"M{x1:0.#} {y1:0.#}C{x1:0.#} {y1 + drop + sign:0.#} {x2:0.#} {y2 + drop - sign:0.#} {x2:0.#} {y2:0.#}"), (x1 + x2) / 2, ((y1 + y2) / 2) + (drop * 0.75) + 4);
    }

    private static int X(Place place) => Margin + place.Column * ColumnWidth;

    private static double Y(Place place) => Top + place.Row * RowHeight;

    private static string Short(string name, int most) => name.Length <= most ? name : name[..(most - 1)] + "…";

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
