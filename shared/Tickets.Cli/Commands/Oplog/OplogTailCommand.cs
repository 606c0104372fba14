using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tickets.Client;
using Tickets.Contracts;

namespace Tickets.Cli;

internal sealed class OplogTailCommand : ApiCommand
{
    private const string Oldest = "oldest";

    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "Go on when the end is reached, until interrupted; restarts of the service are waited out." };
    private readonly Option<string?> _cursor = new("--cursor") { Description = "Where to begin: now, oldest or a cursor. [default: now with --follow, else oldest]", HelpName = "cursor" };
    private readonly Option<string?> _cursorFile = new("--cursor-file") { Description = "Keeps the position: begins where the run before ended.", HelpName = "path" };
    private readonly Option<string?> _queue = new("--queue", "-q") { Description = "Only ops of this queue.", HelpName = "queue" };

    public OplogTailCommand(Shell shell, GlobalOptions global) : base(shell, global, "tail", "Writes ops as they come, one per line.")
    {
        foreach (var option in new Option[] { _follow, _cursor, _cursorFile, _queue }) Options.Add(option);
    }

    /// <summary>A reader that follows outlives restarts; Ctrl-C ends it.</summary>
    protected override TimeSpan RetryFor(ParseResult parsed) => parsed.GetValue(_follow) ? Timeout.InfiniteTimeSpan : base.RetryFor(parsed);

    protected override async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel)
    {
        var following = parsed.GetValue(_follow);
        var file = parsed.GetValue(_cursorFile);
        var request = new OplogRequest
        {
            Cursor = Begin(parsed, following, file),
            MaxOps = 1000,
            Queue = parsed.GetValue(_queue),
            Wait = following ? TimeSpan.FromSeconds(20) : TimeSpan.Zero,
        };
        Terminal.Error.WriteLine($"GET {session.Client.Address.AbsoluteUri}/oplog");
        var last = request.Cursor;
        try
        {
            while (true)
            {
                using var page = await PageAsync(session, request, cancel);
                var ops = page.RootElement.GetProperty("ops");
                foreach (var op in ops.EnumerateArray()) Write(session, op);
                last = page.RootElement.GetProperty("next_cursor").GetString();
                if (file is not null) Keep(file, last!);
                if (ops.GetArrayLength() == 0)
                {
                    if (!following) return ExitCode.Ok;
                    await Task.Delay(page.RootElement.GetProperty("polling_delay_ms").GetInt32(), cancel);
                }

                request = request with { Cursor = last };
            }
        }
        finally
        {
            if (last is not null) Terminal.Error.WriteLine($"cursor: {last}");
        }
    }

    /// <summary>Not through the client's records: what is shown is what came.</summary>
    private static async Task<JsonDocument> PageAsync(Session session, OplogRequest request, CancellationToken cancel)
    {
        var wait = (int)request.Wait.TotalSeconds;
        var route = Route.To("/oplog", ("cursor", request.Cursor), ("max_ops", request.MaxOps?.ToString()), ("queue", request.Queue), ("wait", wait > 0 ? wait.ToString() : null));
        var answer = await session.Client.SendAsync(new TicketsRequest(HttpMethod.Get, route) { HeldFor = request.Wait }, cancel);
        return JsonDocument.Parse(answer.EnsureSuccess().Body);
    }

    private static void Write(Session session, JsonElement came)
    {
        if (session.Answers.Form == OutputForm.Raw)
            session.Terminal.Out.WriteLine(came.GetRawText());
        else if (session.Answers.Form == OutputForm.Table && came.Deserialize(TicketsJson.Default.Op) is { } op)
            session.Terminal.Out.WriteLine($"{op.At:yyyy-MM-dd HH:mm:ss.fff}  {op.Shard}:{op.Opid,-8}  {op.Kind,-9}  {op.TicketId}  v{op.Version,-3}  {op.Queue}");
        else
            session.Answers.WriteLine(JsonNode.Parse(came.GetRawText()));
    }

    private string? Begin(ParseResult parsed, bool following, string? file)
    {
        var said = parsed.GetValue(_cursor);
        if (said is null && file is not null && File.Exists(file)) return File.ReadAllText(file).Trim();
        said ??= following ? OplogRequest.Now : Oldest;
        return said == Oldest ? null : said;
    }

    /// <summary>Replaced in one step: a kill leaves the old position or the new one.</summary>
    private static void Keep(string file, string position)
    {
        var next = file + ".next";
        File.WriteAllText(next, position + "\n");
        File.Move(next, file, overwrite: true);
    }
}
