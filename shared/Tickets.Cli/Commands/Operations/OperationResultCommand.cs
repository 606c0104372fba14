using System.CommandLine;

namespace Tickets.Cli;

/// <summary>Writes a result as it arrives, a document a line, in every form of output: it may be larger than memory.</summary>
internal sealed class OperationResultCommand : ApiCommand
{
    private readonly Argument<string> _id = new("operation-id") { Description = "The operation." };
    private readonly Option<string?> _to = new("--to") { Description = "File to write. [default: standard output]", HelpName = "path" };

    public OperationResultCommand(Shell shell, GlobalOptions global) : base(shell, global, "result", "Writes what a scan has found, one ticket per line.")
    {
        Arguments.Add(_id);
        Options.Add(_to);
    }

    protected override async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel)
    {
        var id = parsed.GetRequiredValue(_id);
        session.Say(HttpMethod.Get, OperationCommands.To(id, "/result"));
        await using var target = LineFile.Open(parsed.GetValue(_to), Terminal);
        await foreach (var line in session.Client.ReadResultLinesAsync(id, cancel))
            await target.WriteAsync(line, cancel);
        await target.FinishAsync(cancel);
        Terminal.Error.WriteLine($"{target.Lines} tickets");
        return ExitCode.Ok;
    }
}
