using System.CommandLine;
using System.Text.Json.Nodes;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class TicketFindCommand : ApiCommand
{
    private readonly Option<string> queue = new("--queue", "-q") { Description = "Queue to search.", HelpName = "queue", Required = true };
    private readonly Option<string?> status = new("--status") { Description = "Tickets in this status.", HelpName = "status" };
    private readonly Option<string?> resolutionStatus = new("--resolution-status") { Description = "Tickets with a resolution, without one, or both. [default: any]" };
    private readonly Option<string?> resolution = new("--resolution") { Description = "Tickets with this resolution.", HelpName = "resolution" };
    private readonly Option<string?> ticketId = new("--ticket-id") { Description = "The ticket with this id.", HelpName = "ticket-id" };
    private readonly Option<string?> group = new("--group") { Description = "Tickets of this group.", HelpName = "group" };
    private readonly Option<string?> parent = new("--parent") { Description = "Tickets that belong to this one.", HelpName = "ticket-id" };
    private readonly Option<string[]> field = new("--field") { Description = "An indexed field that equals: name=text or name:=int64.", HelpName = "name=value" };
    private readonly Option<string?> projection = new("--projection", "-p") { Description = "Members to answer, such as ticket_id,status,meta.report. [default: all]", HelpName = "members" };
    private readonly Option<int?> limit = new("--limit", "-n") { Description = "Tickets per page, 1 to 1000. [default: 100]", HelpName = "number" };
    private readonly Option<string?> cursor = new("--cursor") { Description = "next_cursor of the page before.", HelpName = "cursor" };
    private readonly Option<bool> all = new("--all") { Description = "All pages; json writes one ticket per line, table one table per page." };

    public TicketFindCommand(Shell shell, GlobalOptions global) : base(shell, global, "find", "Searches the hot tickets of a queue.")
    {
        resolutionStatus.AcceptOnlyFromAmong("resolved", "noresolution", "any");
        foreach (var option in new Option[] { queue, status, resolutionStatus, resolution, ticketId, group, parent, field, projection, limit, cursor, all }) Options.Add(option);
    }

    protected override async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel)
    {
        var body = Body(parsed);
        var everything = parsed.GetValue(all);
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
            .Set("queue", parsed.GetValue(queue))
            .Set("status", parsed.GetValue(status))
            .Set("resolution_status", parsed.GetValue(resolutionStatus))
            .Set("resolution", parsed.GetValue(resolution))
            .Set("ticket_id", parsed.GetValue(ticketId))
            .Set("group", parsed.GetValue(group))
            .Set("parent_id", parsed.GetValue(parent))
            .SetIn("indexed_meta", "--field", parsed.GetValue(field));
        return new JsonBody(new JsonObject { ["query"] = query })
            .AddTo("projection", parsed.GetValue(projection)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Set("limit", parsed.GetValue(limit))
            .Set("cursor", parsed.GetValue(cursor));
    }
}
