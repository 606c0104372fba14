using System.CommandLine;
using System.Text.Json;
using Tickets.Client;
using Tickets.Contracts;

namespace Tickets.Cli;

/// <summary>Writes the tickets of a queue, a line each and as they came, as <c>import --queue</c> takes them.</summary>
internal sealed class ExportCommand : ApiCommand
{
    private const int PageSize = 1000;

    private readonly Option<string> _queue = new("--queue", "-q") { Description = "Queue to export.", HelpName = "queue", Required = true };
    private readonly Option<string?> _status = new("--status") { Description = "Only tickets in this status.", HelpName = "status" };
    private readonly Option<bool> _cold = new("--cold") { Description = "The archived tickets too, by a scan of the cold tier (operators)." };
    private readonly Option<string?> _projection = new("--projection", "-p") { Description = "Members to write. [default: all]", HelpName = "members" };
    private readonly Option<string?> _to = new("--to") { Description = "File to write. [default: standard output]", HelpName = "path" };

    public ExportCommand(Shell shell, GlobalOptions global) : base(shell, global, "export", "Writes the tickets of a queue, one JSON document per line.") =>
        this.Takes([_queue, _status, _cold, _projection, _to]);

    /// <summary>Long: an outage on the way is waited out.</summary>
    protected override TimeSpan RetryFor(ParseResult parsed) => TimeSpan.FromMinutes(2);

    protected override async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel)
    {
        var query = new TicketQuery { Queue = parsed.GetRequiredValue(_queue), Status = parsed.GetValue(_status) };
        var projection = parsed.GetValue(_projection)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        await using var target = LineFile.Open(parsed.GetValue(_to), Terminal);
        // Hot first: what is archived meanwhile is then in the scan too, twice rather than never. Ids tell.
        var hot = await HotAsync(session, query, projection, target, cancel);
        if (parsed.GetValue(_cold)) await ColdAsync(session, query, projection, hot, target, cancel);
        await target.FinishAsync(cancel);
        Terminal.Error.WriteLine($"{target.Lines} tickets");
        return ExitCode.Ok;
    }

    private static async Task<HashSet<string>> HotAsync(Session session, TicketQuery query, string[]? projection, LineFile target, CancellationToken cancel)
    {
        session.Say(HttpMethod.Post, "/tickets/find");
        var written = new HashSet<string>(StringComparer.Ordinal);
        var request = new FindTicketsRequest { Query = query, Limit = PageSize, Projection = projection is null ? null : [.. projection.Append("ticket_id").Distinct()] };
        do
        {
            var find = new TicketsRequest(HttpMethod.Post, "/tickets/find") { Body = JsonSerializer.SerializeToUtf8Bytes(request, TicketsJson.Default.FindTicketsRequest), SafeToRepeat = true };
            using var page = JsonDocument.Parse((await session.Client.SendAsync(find, cancel)).EnsureSuccess().Body);
            foreach (var ticket in page.RootElement.GetProperty("tickets").EnumerateArray())
            {
                written.Add(ticket.GetProperty("ticket_id").GetString()!);
                await target.WriteAsync(ticket, cancel);
            }

            request = request with { Cursor = page.RootElement.TryGetProperty("next_cursor", out var next) ? next.GetString() : null };
        }
        while (request.Cursor is not null);
        return written;
    }

    private static async Task ColdAsync(Session session, TicketQuery query, string[]? projection, HashSet<string> written, LineFile target, CancellationToken cancel)
    {
        session.Say(HttpMethod.Post, "/cold/scans");
        var scan = await session.Client.StartScanAsync(new ScanColdRequest { Query = query, Projection = projection }, cancel);
        var view = new OperationProgressView(session.Terminal);
        await scan.WaitAsync(view, cancel);
        view.End();
        await foreach (var line in session.Client.ReadResultLinesAsync(scan.Id, cancel))
        {
            if (!written.Contains(JsonSerializer.Deserialize(line.Span, TicketsJson.Default.Ticket)!.TicketId!))
                await target.WriteAsync(line, cancel);
        }
    }
}
