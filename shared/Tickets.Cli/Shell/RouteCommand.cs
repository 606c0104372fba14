using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

/// <summary>A command that is one request, told by a function of its arguments.</summary>
internal sealed class RouteCommand : RequestCommand
{
    private readonly Func<ParseResult, ITerminal, TicketsRequest> _request;

    /// <param name="inputs">Arguments and options that <paramref name="request"/> reads.</param>
    public RouteCommand(Shell shell, GlobalOptions global, string name, string description, IEnumerable<Symbol> inputs, Func<ParseResult, ITerminal, TicketsRequest> request)
        : base(shell, global, name, description)
    {
        _request = request;
        this.Takes(inputs);
    }

    protected override TicketsRequest Request(ParseResult parsed) => _request(parsed, Terminal);
}

internal static class CommandInputs
{
    public static void Takes(this Command command, IEnumerable<Symbol> inputs)
    {
        foreach (var input in inputs)
        {
            if (input is Argument argument)
                command.Arguments.Add(argument);
            else
                command.Options.Add((Option)input);
        }
    }
}
