using System.CommandLine;
using System.Text.Json;
using Tickets.Client;
using Tickets.Contracts;

namespace Tickets.Cli;

/// <summary>A command that starts a long operation and, when asked to, waits for its end.</summary>
internal sealed class StartCommand : ApiCommand
{
    private readonly Option<bool> _wait = new("--wait", "-w") { Description = "Wait until it has ended, and show it then; interrupting stops waiting only." };
    private readonly Func<ParseResult, TicketsRequest> _request;

    public StartCommand(Shell shell, GlobalOptions global, string name, string description, IEnumerable<Symbol> inputs, Func<ParseResult, TicketsRequest> request)
        : base(shell, global, name, description)
    {
        _request = request;
        this.Takes(inputs);
        Options.Add(_wait);
    }

    protected override async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel)
    {
        var response = await session.AskAsync(_request(parsed), cancel);
        if (!response.IsSuccess || !parsed.GetValue(_wait))
        {
            session.Answers.Write(response);
            return ExitCode.Of(response.Status);
        }

        var started = JsonSerializer.Deserialize(response.Body.Span, TicketsJson.Default.Operation)!;
        return await OperationWait.RunAsync(session, started.Id, cancel);
    }
}
