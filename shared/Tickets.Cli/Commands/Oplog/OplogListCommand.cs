using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class OplogListCommand : RequestCommand
{
    private readonly Option<string?> _cursor = new("--cursor") { Description = "next_cursor of an earlier page, or now. [default: the oldest op kept]", HelpName = "cursor" };
    private readonly Option<int?> _maxOps = new("--max-ops", "-n") { Description = "Most ops to answer. [default: 100]", HelpName = "number" };
    private readonly Option<string?> _queue = new("--queue", "-q") { Description = "Only ops of this queue.", HelpName = "queue" };
    private readonly Option<int?> _wait = new("--wait") { Description = "How long to wait for a first op.", HelpName = "seconds" };

    public OplogListCommand(Shell shell, GlobalOptions global) : base(shell, global, "list", "One page of the log.")
    {
        foreach (var option in new Option[] { _cursor, _maxOps, _queue, _wait }) Options.Add(option);
    }

    protected override TicketsRequest Request(ParseResult parsed) => new(HttpMethod.Get, Route.To("/oplog",
        ("cursor", parsed.GetValue(_cursor)),
        ("max_ops", parsed.GetValue(_maxOps)?.ToString()),
        ("queue", parsed.GetValue(_queue)),
        ("wait", parsed.GetValue(_wait)?.ToString())))
    {
        HeldFor = TimeSpan.FromSeconds(parsed.GetValue(_wait) ?? 0),
    };
}
