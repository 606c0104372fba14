using System.Text;
using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Access;
using Tickets.Core.Platform.Json;
using Tickets.Core.Settings;
using Tickets.Core.Ticketing.Requests;
using Tickets.Core.Workflows;

namespace Tickets.Chaos.Fuzz;

/// <summary>Bodies of requests: a problem or a value, whatever comes.</summary>
/// <param name="seeds">Good documents, to be spoiled.</param>
/// <param name="read">Answers whether it was taken.</param>
internal sealed class RequestTarget(string name, IReadOnlyList<string> seeds, Func<JsonElement, bool> read) : IFuzzTarget
{
    private const string Definition =
        """
        {"workflow_id": "w/v1", "description": "d", "initial": "open",
         "statuses": {
           "open":  {"to": ["doing", "done+fixed", "gone-"], "lifetime": "PT4H", "remind_every": "PT1H", "group": "g", "on_timeout": "done"},
           "doing": {"to": ["done", "open-"], "steps": [{"wait": "PT1S"}, {"send_on": true}]},
           "done":  {"terminal": true, "to": ["open-"], "resolutions": ["fixed", "lost"], "resolution_required": true},
           "gone":  {"terminal": true} },
         "indexed_fields": {"cost": {"type": "int64", "slot": 1}, "state": {"type": "string", "slot": 1} },
         "indexes": [["state"], ["state", "cost"]]}
        """;

    private const string Compact = """{"workflow_id": "w/v2", "codes": {"1": "open", "2": "busy", "3": "done"}, "statuses": [[1, 2], [2, 3], [3]], "initial": "1"}""";

    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(56);

    private static readonly QueueSettings Queue = MakeQueue();

    public string Name => name;

    public static IEnumerable<RequestTarget> All() =>
    [
        new("workflow", [Definition, Compact], body => !WorkflowReader.Read(body).IsProblem),
        new(
            "conditions",
            [
                """{"expected": {"ticket.version": 4, "ticket.status": "open", "ticket.resolution": null, "meta.report": {"version": 11}, "meta.note": {"exists": false} }, "set": {"status": "done", "resolution": "fixed", "meta.report": {"any": [1]}, "indexed_meta.cost": 1200, "group": "g"}, "unset": ["meta.draft", "indexed_meta.state"]}""",
                """{"expected": {"indexed_meta.cost": 1, "indexed_meta.state": "TX", "ticket.group": "x"}, "unset": ["resolution", "group"]}""",
            ],
            body => UpdateTicketShape.Strangers(body, inBulk: false) is null && !UpdateTicketReader.Read(body, Queue, UpdateTicketShape.MoveTo(body) is null ? null : Queue, 7).IsProblem),
        new(
            "create",
            ["""{"queue": "q", "status": "open", "group": "g", "parent_id": "12", "nonce": "x", "meta": {"report": {"a": [1, "b"]}, "note": "n"}, "indexed_meta": {"cost": 12, "state": "TX"}, "created_at": "2026-01-01T00:00:00Z"}"""],
            body => CreateTicketReader.Strangers(body) is null && !CreateTicketReader.Read(body, Queue, Administrator, Now).IsProblem),
        new(
            "key",
            ["""{"role": "robot", "queue_prefixes": ["incidents", ""], "description": "d", "expires_at": "2030-01-01T00:00:00Z", "requests_per_minute": 60, "requests_per_day": 1000}""", """{"overlap": "PT1H"}"""],
            body => !KeyRequestReader.ReadNew(body, Now).IsProblem | !KeyRequestReader.ReadOverlap(body).IsProblem),
    ];

    public Task<string?> TryAsync(Random random)
    {
        var text = Mutations.Json(random, seeds[random.Next(seeds.Count)]);
        var bytes = Encoding.UTF8.GetBytes(text);
        if (random.Next(10) == 0)
            bytes = Mutations.Bytes(random, bytes);
        try
        {
            var body = JsonBody.Parse(bytes);
            if (!body.IsProblem)
            {
                using var document = body.Value;
                _ = read(document.RootElement);
            }

            return Task.FromResult<string?>(null);
        }
        catch (Exception e)
        {
            return Task.FromResult<string?>($"{e.GetType().Name} ({e.Message}) for {Encoding.UTF8.GetString(bytes)}");
        }
    }

    private static Caller Administrator { get; } = new("fuzz", Role.Admin, [""]);

    private static QueueSettings MakeQueue()
    {
        var workflow = WorkflowReader.Read(JsonElement.Parse(Definition));
        return new QueueSettings(1, new Queue { Name = "q", WorkflowId = "w/v1", Shards = ["hot-0"] }, new WorkflowRules(workflow.Value!), TimeSpan.FromDays(7));
    }
}
