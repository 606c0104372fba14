using System.CommandLine;

namespace Tickets.Cli;

/// <summary>A command that talks with the service and ends with an exit code.</summary>
internal abstract class ApiCommand : Command
{
    private readonly Shell _shell;
    private readonly GlobalOptions _global;

    protected ApiCommand(Shell shell, GlobalOptions global, string name, string description) : base(name, description)
    {
        (_shell, _global) = (shell, global);
        SetAction(OpenAndRunAsync);
    }

    protected ITerminal Terminal => _shell.Terminal;

    protected abstract Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel);

    /// <summary>How long this command repeats requests when the person does not say.</summary>
    protected virtual TimeSpan RetryFor(ParseResult parsed) => TimeSpan.FromSeconds(10);

    private async Task<int> OpenAndRunAsync(ParseResult parsed, CancellationToken cancel)
    {
        using var session = Session.Open(_shell, _global, parsed, parsed.GetValue(_global.RetryFor) ?? RetryFor(parsed));
        return await RunAsync(session, parsed, cancel);
    }
}
