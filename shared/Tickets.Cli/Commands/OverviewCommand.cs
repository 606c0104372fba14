using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class OverviewCommand(Shell shell, GlobalOptions global) : RequestCommand(shell, global, "overview", "Shows how shards, queues, orchestrations and the cold tier stand (operators of all queues).")
{
    protected override TicketsRequest Request(ParseResult parsed) => new(HttpMethod.Get, "/overview");
}
