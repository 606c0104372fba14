using System.CommandLine;
using System.Text.Json.Nodes;
using Tickets.Client;

namespace Tickets.Cli;

/// <summary>
/// Stores a definition from a file. A definition with a revision (as <c>get</c> shows it) replaces exactly that revision;
/// one without may only create: nobody overwrites what they have not seen.
/// </summary>
internal abstract class PutCommand : ApiCommand
{
    private const int PreconditionFailed = 412;

    private readonly Argument<string> _file = new("file") { Description = "The definition as JSON; - is standard input." };
    private readonly Option<long?> _revision = new("--revision") { Description = "Revision to replace. [default: the file's; without one it must not exist yet]", HelpName = "number" };
    private readonly string _noun;
    private readonly string _route;
    private readonly string _idMember;

    protected PutCommand(Shell shell, GlobalOptions global, string noun, string route, string idMember)
        : base(shell, global, "put", $"Creates a {noun}, or replaces one revision of it.")
    {
        (_noun, _route, _idMember) = (noun, route, idMember);
        Arguments.Add(_file);
        Options.Add(_revision);
    }

    protected override async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel)
    {
        var definition = InputFile.ReadObject(parsed.GetRequiredValue(_file), Terminal);
        var body = new JsonBody(definition);
        var id = body[_idMember] ?? throw new UsageException($"The definition has no \"{_idMember}\": it must name the {_noun}.");
        var replaces = parsed.GetValue(_revision) ?? Revision(definition);
        var response = await session.AskAsync(new TicketsRequest(HttpMethod.Put, Route.To(_route, (_idMember, id)))
        {
            Body = body.ToBytes(),
            IfMatch = replaces,
            IfNoneMatch = replaces is null,
        }, cancel);
        session.Answers.Write(response);
        if (response.Status == PreconditionFailed) Terminal.Error.WriteLine(Advice(id, replaces));
        return ExitCode.Of(response.Status);
    }

    private static long? Revision(JsonObject definition) =>
        definition["revision"] is not { } value ? null
        : value is JsonValue number && number.TryGetValue<long>(out var _revision) ? _revision
        : throw new UsageException($"The definition's revision is {value.ToJsonString()}; it must be a number.");

    private string Advice(string id, long? replaces) => replaces is null
        ? $"{id} exists already. To change it: tickets {_noun} get {id}, edit what it shows, and put that."
        : $"{id} is no longer at revision {replaces}. Get it again, and make the change there.";
}
