using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class MetricsCommand(Shell shell, GlobalOptions global) : RequestCommand(shell, global, "metrics", "Shows a process's metrics in Prometheus's text format (operators).")
{
    protected override TicketsRequest Request(ParseResult parsed) => new(HttpMethod.Get, "/metrics");
}
