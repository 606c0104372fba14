using System.CommandLine;
using System.Text.Json.Nodes;
using Tickets.Client;

namespace Tickets.Cli;

/// <summary>Draws a definition from a file, or the one that a service has.</summary>
internal sealed class WorkflowDrawCommand : Command
{
    private readonly Shell _shell;
    private readonly GlobalOptions _global;
    private readonly Argument<string> _workflow = new("workflow") { Description = "A file with the definition, - for standard input, or the id of a workflow that the service has." };
    private readonly Option<string> _format = new("--format") { Description = "text or svg. [default: by the name in --to, else text]", HelpName = "text|svg" };
    private readonly Option<string?> _to = new("--to") { Description = "File to write. [default: standard output]", HelpName = "path" };

    public WorkflowDrawCommand(Shell shell, GlobalOptions global) : base("draw", "Draws a workflow's statuses and ways, faults and all.")
    {
        (_shell, _global) = (shell, global);
        _format.AcceptOnlyFromAmong("text", "svg");
        this.Takes([_workflow, _format, _to]);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var graph = WorkflowGraph.Of(await DefinitionAsync(parsed, cancel));
        var findings = WorkflowLint.Look(graph);
        var to = parsed.GetValue(_to);
        var format = parsed.GetValue(_format) ?? (to?.EndsWith(".svg", StringComparison.OrdinalIgnoreCase) == true ? "svg" : "text");
        var drawing = format == "svg" ? GraphSvg.Draw(graph, findings) : GraphText.Draw(graph, findings);
        if (to is null) _shell.Terminal.Out.Write(drawing);
        else await File.WriteAllTextAsync(to, drawing, cancel);
        return findings.Any(finding => finding.Severity == Finding.Fault) ? ExitCode.Usage : ExitCode.Ok;
    }

    private async Task<JsonObject> DefinitionAsync(ParseResult parsed, CancellationToken cancel)
    {
        var named = parsed.GetRequiredValue(_workflow);
        if (named == InputFile.StandardInput || File.Exists(named)) return InputFile.ReadObject(named, _shell.Terminal);
        using var session = Session.Open(_shell, _global, parsed, TimeSpan.FromSeconds(10));
        var response = await session.AskAsync(new TicketsRequest(HttpMethod.Get, Route.To("/workflows", ("workflow_id", named))), cancel);
        if (response.Status == 404) throw new UsageException($"There is neither a file nor a workflow '{named}'.");
        return JsonNode.Parse(response.EnsureSuccess().Body.Span) as JsonObject ?? throw new UsageException($"The service's answer is not a workflow.");
    }
}
