using System.CommandLine;
using System.Text.Json.Nodes;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class TicketBulkCommand : ApiCommand
{
    private readonly Argument<string> _file = new("file") { Description = "{\"items\": [{\"create\": {...}} | {\"update\": {\"ticket_id\": ..., ...}}]}, at most 1000; - is standard input." };

    public TicketBulkCommand(Shell shell, GlobalOptions global) : base(shell, global, "bulk", "Creates and updates in one request; each item succeeds or fails alone.") => Arguments.Add(_file);

    protected override async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel)
    {
        var body = new JsonBody(InputFile.ReadObject(parsed.GetRequiredValue(_file), Terminal));
        var response = await session.AskAsync(new TicketsRequest(HttpMethod.Post, "/tickets/bulk") { Body = body.ToBytes() }, cancel);
        session.Answers.Write(response);
        return response.IsSuccess ? FirstFailure(JsonNode.Parse(response.Body.Span)!) : ExitCode.Of(response.Status);
    }

    private static int FirstFailure(JsonNode answer) =>
        answer["results"]!.AsArray().Select(result => ExitCode.Of((int)result!["status"]!)).FirstOrDefault(code => code != ExitCode.Ok, ExitCode.Ok);
}
