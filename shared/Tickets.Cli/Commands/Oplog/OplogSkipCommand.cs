using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class OplogSkipCommand : RequestCommand
{
    private readonly Argument<string> _op = new("op") { Description = "The op, as shard:opid." };
    private readonly Option<string> _reason = new("--reason") { Description = "Why; it stays in the log.", HelpName = "text", Required = true };

    public OplogSkipCommand(Shell shell, GlobalOptions global) : base(shell, global, "skip", "Has the relay pass over an op that Service Bus refuses (operators).")
    {
        Arguments.Add(_op);
        Options.Add(_reason);
    }

    protected override TicketsRequest Request(ParseResult parsed) =>
        OperationCommands.Post(OplogGetCommand.To(parsed.GetRequiredValue(_op)) + "/skip", new JsonBody([]).Set("reason", parsed.GetRequiredValue(_reason))) with { SafeToRepeat = true };
}
