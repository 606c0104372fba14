using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class NonceTakeCommand : RequestCommand
{
    private readonly Option<int> _count = new("--count", "-n") { Description = "How many, 1 to 1000.", HelpName = "number", DefaultValueFactory = _ => 1 };

    public NonceTakeCommand(Shell shell, GlobalOptions global) : base(shell, global, "take", "Takes nonces: a create with a nonce can be repeated safely.") => Options.Add(_count);

    protected override TicketsRequest Request(ParseResult parsed) => NonceRequest.Take(parsed.GetValue(_count));
}
