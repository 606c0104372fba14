using System.CommandLine;

namespace Tickets.Cli;

/// <summary>A command that talks with the service and ends with an exit code.</summary>
internal abstract class ApiCommand : Command
{
    private readonly Shell shell;
    private readonly GlobalOptions global;

    protected ApiCommand(Shell shell, GlobalOptions global, string name, string description) : base(name, description)
    {
        (this.shell, this.global) = (shell, global);
        SetAction(OpenAndRunAsync);
    }

    protected ITerminal Terminal => shell.Terminal;

    protected abstract Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel);

    /// <summary>How long this command repeats requests when the person does not say.</summary>
    protected virtual TimeSpan RetryFor(ParseResult parsed) => TimeSpan.FromSeconds(10);

    private async Task<int> OpenAndRunAsync(ParseResult parsed, CancellationToken cancel)
    {
        using var session = Session.Open(shell, global, parsed, parsed.GetValue(global.RetryFor) ?? RetryFor(parsed));
        return await RunAsync(session, parsed, cancel);
    }
}
