using System.Net;
using System.Text;
using Tickets.Bench.Report;
using Tickets.Chaos.Histories;
using Tickets.Chaos.Running;

namespace Tickets.Chaos.Report;

/// <summary>A run as one page that needs nothing else: what was promised, what was measured, and the timeline drawn.</summary>
internal static class HtmlReport
{
    public static async Task<string> WriteAsync(ChaosRun run)
    {
        var file = Path.Combine(run.Folder, "report.html");
        await File.WriteAllTextAsync(file, Page(run));
        return file;
    }

    private static string Page(ChaosRun run)
    {
        var operations = run.History.Operations();
        var page = new StringBuilder();
        page.Append(
            $$"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>{{run.Experiment.Requirement}} {{run.Experiment.Name}}</title>
            <style>
              :root { color-scheme: light dark }
              body { font: 15px/1.5 system-ui, sans-serif; max-width: 1180px; margin: 2em auto; padding: 0 1em }
              h1 { font-size: 1.4em } h2 { font-size: 1.1em; margin-top: 1.6em }
              table { border-collapse: collapse } td, th { padding: .15em .9em .15em 0; text-align: left; vertical-align: top }
              td.number { text-align: right; font-variant-numeric: tabular-nums }
              .ok { color: #2da44e } .broken, .short { color: #cf222e } pre { white-space: pre-wrap; margin: 0 }
              svg { width: 100%; height: auto } svg text { font: 11px system-ui, sans-serif; fill: currentColor }
            </style></head><body>
            <h1>{{Escape(run.Experiment.Requirement)}} {{Escape(run.Experiment.Name)}}: <span class="{{(run.Passed ? "ok" : "broken")}}">{{(run.Passed ? "kept" : "not kept")}}</span></h1>
            <p>{{Escape(run.Experiment.Description)}}</p>
            <p>Seed {{run.Options.Seed}}, {{run.Duration.TotalSeconds:0}} s. Again: <code>dotnet run --project tests/Tickets.Chaos -- {{run.Experiment.Name}} --seed {{run.Options.Seed}} --minutes {{run.Duration.TotalMinutes:0.##}}</code></p>
            <h2>Promises</h2><table>

            """);
        foreach (var verdict in run.Verdicts)
        {
            var detail = verdict.Faults.Count == 0 ? "" : $"<pre>{Escape(string.Join('\n', verdict.Faults.Take(20)))}</pre>";
            page.Append($"<tr><td class=\"{(verdict.Faults.Count == 0 ? "ok\">kept" : "broken\">BROKEN")}</td><td>{Escape(verdict.Promise)}{detail}</td></tr>\n");
        }

        page.Append("</table>\n");
        Figures(page, run);
        if (operations.Count > 0)
            page.Append("<h2>Timeline</h2>\n").Append(Timeline.Draw(operations));
        foreach (var series in run.Series)
            page.Append($"<h2>{Escape(series.Name)}</h2>\n").Append(SeriesChart.Draw(series));
        return page.Append("</body></html>\n").ToString();
    }

    private static void Figures(StringBuilder page, ChaosRun run)
    {
        if (run.Sheet.Figures.Count == 0)
            return;
        page.Append("<h2>Figures</h2><table>\n");
        foreach (var figure in run.Sheet.Figures)
        {
            page.Append($"<tr><td>{Escape(figure.Name)}</td><td class=\"number\">{Sheet.Number(figure.Value)} {Escape(figure.Unit)}</td><td>wanted {Escape(figure.Target.ToString())}</td>")
                .Append($"<td class=\"{(figure.IsReached ? "ok\">ok" : "short\">short")}</td></tr>\n");
        }

        page.Append("</table>\n");
    }

    internal static string Escape(string text) => WebUtility.HtmlEncode(text);
}
