using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

/// <summary>A command that is one request: its answer is shown and decides the exit code.</summary>
internal abstract class RequestCommand(Shell shell, GlobalOptions global, string name, string description) : ApiCommand(shell, global, name, description)
{
    protected abstract TicketsRequest Request(ParseResult parsed);

    protected override async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel)
    {
        var response = await session.AskAsync(Request(parsed), cancel);
        session.Answers.Write(response);
        return ExitCode.Of(response.Status);
    }
}
