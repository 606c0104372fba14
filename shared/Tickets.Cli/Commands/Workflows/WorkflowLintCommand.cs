using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tickets.Cli;

/// <summary>Needs no server, so that it can stand in a build.</summary>
internal sealed class WorkflowLintCommand : Command
{
    public WorkflowLintCommand(Shell shell, GlobalOptions global) : base("lint", "Looks for faults in a definition, without a server.")
    {
        var file = new Argument<string>("file") { Description = "The definition as JSON; - is standard input." };
        Arguments.Add(file);
        SetAction(parsed => Run(shell.Terminal, new AnswerWriter(shell.Terminal, parsed.GetValue(global.Output)), parsed.GetRequiredValue(file)));
    }

    private static int Run(ITerminal terminal, AnswerWriter answers, string file)
    {
        var graph = WorkflowGraph.Of(InputFile.ReadObject(file, terminal));
        var findings = WorkflowLint.Look(graph);
        var report = new JsonArray([.. findings.Select(finding => new JsonObject { ["severity"] = finding.Severity, ["pointer"] = finding.Pointer, ["message"] = finding.Message })]);
        answers.Write(new JsonObject { ["findings"] = report });
        var faults = findings.Count(finding => finding.Severity == Finding.Fault);
        terminal.Error.WriteLine($"{graph.Name}: {graph.Statuses.Count} statuses, {faults} faults, {findings.Count - faults} warnings");
        return faults == 0 ? ExitCode.Ok : ExitCode.Usage;
    }
}
