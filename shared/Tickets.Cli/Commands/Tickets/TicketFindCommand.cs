using System.CommandLine;
using System.Text.Json.Nodes;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class TicketFindCommand : ApiCommand
{
    private readonly Option<string> _queue = new("--queue", "-q") { Description = "Queue to search.", HelpName = "queue", Required = true };
    private readonly Option<string?> _status = new("--status") { Description = "Tickets in this status.", HelpName = "status" };
    private readonly Option<string?> _resolutionStatus = new("--resolution-status") { Description = "Tickets with a resolution, without one, or both. [default: any]" };
    private readonly Option<string?> _resolution = new("--resolution") { Description = "Tickets with this resolution.", HelpName = "resolution" };
    private readonly Option<string?> _ticketId = new("--ticket-id") { Description = "The ticket with this id.", HelpName = "ticket-id" };
    private readonly Option<string?> _group = new("--group") { Description = "Tickets of this group.", HelpName = "group" };
    private readonly Option<string?> _parent = new("--parent") { Description = "Tickets that belong to this one.", HelpName = "ticket-id" };
    private readonly Option<string[]> _field = new("--field") { Description = "An indexed field that equals: name=text or name:=int64.", HelpName = "name=value" };
    private readonly Option<string?> _projection = new("--projection", "-p") { Description = "Members to answer, such as ticket_id,status,meta.report. [default: all]", HelpName = "members" };
    private readonly Option<int?> _limit = new("--limit", "-n") { Description = "Tickets per page, 1 to 1000. [default: 100]", HelpName = "number" };
    private readonly Option<string?> _cursor = new("--cursor") { Description = "next_cursor of the page before.", HelpName = "cursor" };
    private readonly Option<bool> _all = new("--all") { Description = "All pages; json writes one ticket per line, table one table per page." };

    public TicketFindCommand(Shell shell, GlobalOptions global) : base(shell, global, "find", "Searches the hot tickets of a queue.")
    {
        _resolutionStatus.AcceptOnlyFromAmong("resolved", "noresolution", "any");
        foreach (var option in new Option[] { _queue, _status, _resolutionStatus, _resolution, _ticketId, _group, _parent, _field, _projection, _limit, _cursor, _all }) Options.Add(option);
    }

    protected override async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel)
    {
        var body = Body(parsed);
        var everything = parsed.GetValue(_all);
        while (true)
        {
            var page = await session.AskAsync(new TicketsRequest(HttpMethod.Post, "/tickets/find") { Body = body.ToBytes(), SafeToRepeat = true }, cancel);
            var next = everything && page.IsSuccess ? WritePage(session, page) : WriteWhole(session, page);
            if (next is null) return ExitCode.Of(page.Status);
            body.Set("cursor", next);
        }
    }

    private static string? WriteWhole(Session session, TicketsResponse page)
    {
        session.Answers.Write(page);
        return null;
    }

    /// <returns>The next page's cursor, if there is one.</returns>
    private static string? WritePage(Session session, TicketsResponse page)
    {
        var document = JsonNode.Parse(page.Body.Span)!;
        if (session.Answers.Form == OutputForm.Json)
        {
            foreach (var ticket in document["tickets"]!.AsArray()) session.Answers.WriteLine(ticket);
        }
        else
        {
            session.Answers.Write(page);
        }
        return (string?)document["next_cursor"];
    }

    private JsonBody Body(ParseResult parsed)
    {
        var query = new JsonObject();
        new JsonBody(query)
            .Set("queue", parsed.GetValue(_queue))
            .Set("status", parsed.GetValue(_status))
            .Set("resolution_status", parsed.GetValue(_resolutionStatus))
            .Set("resolution", parsed.GetValue(_resolution))
            .Set("ticket_id", parsed.GetValue(_ticketId))
            .Set("group", parsed.GetValue(_group))
            .Set("parent_id", parsed.GetValue(_parent))
            .SetIn("indexed_meta", "--field", parsed.GetValue(_field));
        return new JsonBody(new JsonObject { ["query"] = query })
            .AddTo("projection", parsed.GetValue(_projection)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Set("limit", parsed.GetValue(_limit))
            .Set("cursor", parsed.GetValue(_cursor));
    }
}
