using System.CommandLine;
using System.Text.Json;
using Tickets.Client;
using Tickets.Contracts;

namespace Tickets.Cli;

internal sealed class TicketCreateCommand : ApiCommand
{
    private readonly Option<string?> _file = new("--file", "-f") { Description = "The request as JSON; - is standard input. Other options override its members.", HelpName = "path" };
    private readonly Option<string?> _queue = new("--queue", "-q") { Description = "Queue to create it in.", HelpName = "queue" };
    private readonly Option<string?> _nonce = new("--nonce") { Description = "Nonce to create it with. [default: takes one]", HelpName = "nonce" };
    private readonly Option<string?> _status = new("--status") { Description = "Status to begin in. [default: the workflow's initial one]", HelpName = "status" };
    private readonly Option<string?> _group = new("--group") { Description = "Group that works on it.", HelpName = "group" };
    private readonly Option<string?> _parent = new("--parent") { Description = "Ticket that it belongs to.", HelpName = "ticket-id" };
    private readonly Option<string?> _createdAt = new("--created-at") { Description = "Time of creation, RFC 3339; needs the import permission.", HelpName = "time" };
    private readonly Option<string[]> _meta = new("--meta", "-m") { Description = $"A meta block: {Assignment.Grammar}.", HelpName = "block=value" };
    private readonly Option<string[]> _field = new("--field") { Description = "An indexed field: name=text or name:=int64.", HelpName = "name=value" };

    public TicketCreateCommand(Shell shell, GlobalOptions global) : base(shell, global, "create", "Creates a ticket.")
    {
        foreach (var option in new Option[] { _file, _queue, _nonce, _status, _group, _parent, _createdAt, _meta, _field }) Options.Add(option);
    }

    protected override async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel)
    {
        var body = Body(parsed);
        if (body["queue"] is null) throw new UsageException("Which queue? Say --queue, or give a file with a \"queue\" in it.");
        if (body["nonce"] is null)
        {
            var taken = await session.AskAsync(NonceRequest.Take(1), cancel);
            if (!taken.IsSuccess)
            {
                session.Answers.Write(taken);
                return ExitCode.Of(taken.Status);
            }
            body.Set("nonce", JsonSerializer.Deserialize(taken.Body.Span, TicketsJson.Default.NoncesResponse)!.Nonces[0]);
        }
        var created = await session.AskAsync(new TicketsRequest(HttpMethod.Post, "/tickets") { Body = body.ToBytes(), SafeToRepeat = true }, cancel);
        session.Answers.Write(created);
        return ExitCode.Of(created.Status);
    }

    private JsonBody Body(ParseResult parsed) => JsonBody.From(parsed.GetValue(_file), Terminal)
        .Set("nonce", parsed.GetValue(_nonce))
        .Set("queue", parsed.GetValue(_queue))
        .Set("status", parsed.GetValue(_status))
        .Set("group", parsed.GetValue(_group))
        .Set("parent_id", parsed.GetValue(_parent))
        .Set("created_at", parsed.GetValue(_createdAt))
        .SetIn("meta", "--meta", parsed.GetValue(_meta))
        .SetIn("indexed_meta", "--field", parsed.GetValue(_field));
}
