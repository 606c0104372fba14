using System.CommandLine;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class OplogGetCommand : RequestCommand
{
    private readonly Argument<string> _op = new("op") { Description = "The op, as shard:opid." };

    public OplogGetCommand(Shell shell, GlobalOptions global) : base(shell, global, "get", "Shows one op.") => Arguments.Add(_op);

    protected override TicketsRequest Request(ParseResult parsed) => new(HttpMethod.Get, To(parsed.GetRequiredValue(_op)));

    internal static string To(string op) => op.Split(':') is [var shard, var opid]
        ? $"/oplog/{Uri.EscapeDataString(shard)}/{Uri.EscapeDataString(opid)}"
        : throw new UsageException($"'{op}' names no op; it should be like hot-0:991.");
}
