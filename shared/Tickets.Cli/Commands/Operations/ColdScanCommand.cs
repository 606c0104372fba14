using System.CommandLine;
using System.Text.Json.Nodes;

namespace Tickets.Cli;

/// <summary>The options of a scan of the cold tier, and the request that they make.</summary>
internal sealed class ColdScanCommand
{
    private readonly Option<string> _queue = new("--queue", "-q") { Description = "Queue to scan.", HelpName = "queue", Required = true };
    private readonly Option<string?> _from = new("--from") { Description = "First creation day, such as 2026-01-31.", HelpName = "day" };
    private readonly Option<string?> _to = new("--to") { Description = "Last creation day. [default: today]", HelpName = "day" };
    private readonly Option<string?> _status = new("--status") { Description = "Tickets in this status.", HelpName = "status" };
    private readonly Option<string?> _resolution = new("--resolution") { Description = "Tickets with this resolution.", HelpName = "resolution" };
    private readonly Option<string[]> _field = new("--field") { Description = "An indexed field that equals: name=text or name:=int64.", HelpName = "name=value" };
    private readonly Option<string?> _projection = new("--projection", "-p") { Description = "Members to answer. [default: all]", HelpName = "members" };

    public ColdScanCommand(Shell shell, GlobalOptions global) => Command = new StartCommand(
        shell, global, "scan", "Starts a search through archived tickets; tickets operation result shows what it has found.",
        [_queue, _from, _to, _status, _resolution, _field, _projection], parsed => OperationCommands.Post("/cold/scans", Body(parsed)));

    public Command Command { get; }

    private JsonBody Body(ParseResult parsed)
    {
        var query = new JsonObject();
        new JsonBody(query).Set("queue", parsed.GetValue(_queue)).Set("status", parsed.GetValue(_status)).Set("resolution", parsed.GetValue(_resolution)).SetIn("indexed_meta", "--field", parsed.GetValue(_field));
        return new JsonBody(new JsonObject { ["query"] = query }).Set("from", parsed.GetValue(_from)).Set("to", parsed.GetValue(_to))
            .AddTo("projection", parsed.GetValue(_projection)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }
}
