using Tickets.Contracts;
using Tickets.Functions.OpenApi;

namespace Tickets.Functions.Webhooks;

internal static class WebhookDescriptions
{
    private const string Tag = "Webhooks";
    private const string Example = """{"webhook_id": "wh_0123456789abcdef", "url": "https://robots.example/changes", "queue": "incidents/birdstrikes", "kinds": ["created"], "status": "active", "created_at": "2026-01-31T08:30:00Z"}""";

    public static FunctionDescription List() => new(Tag, "List webhooks") { Answers = [new(200, "Those of the caller's reach.", TicketsJson.Default.WebhookList, $$"""{"webhooks": [{{Example}}]}""")] };

    public static FunctionDescription Create() => new(Tag, "Have the change log sent to a URL")
    {
        Details = "Deliveries are CloudEvents, signed as Standard Webhooks say, with `secret`, which is told this once.",
        Body = new(BodyShapes.Default.CreateWebhookBody, """{"url": "https://robots.example/changes", "queue": "incidents/birdstrikes", "kinds": ["created"], "cursor": "now"}"""),
        Answers = [new(200, "The webhook with its secret.", TicketsJson.Default.Webhook, Example.Replace("\"status\"", "\"secret\": \"whsec_…\", \"status\"", StringComparison.Ordinal))],
        Problems = [ProblemCodes.QueueNotFound, ProblemCodes.InvalidCursor, ProblemCodes.CursorExpired, ProblemCodes.InUse],
    };

    public static FunctionDescription Get() => One("Read a webhook and how far it has come");

    public static FunctionDescription Change() => One("Pause a webhook or let it go on") with { Body = new(BodyShapes.Default.ChangeWebhookBody, """{"status": "paused"}""") };

    public static FunctionDescription Replay() => One("Send the log again from a cursor") with
    {
        Body = new(BodyShapes.Default.ReplayWebhookBody, """{"cursor": "bzEA…"}"""), Problems = [ProblemCodes.NotFound, ProblemCodes.InvalidCursor, ProblemCodes.CursorExpired],
    };

    public static FunctionDescription Remove() => new(Tag, "Remove a webhook") { Answers = [new(204, "Removed.", null, null)], Problems = [ProblemCodes.NotFound] };

    public static FunctionDescription Dead() => new(Tag, "List deliveries that were given up")
    {
        Answers = [new(200, "Newest first.", TicketsJson.Default.DeadDeliveryList,
            """{"dead_deliveries": [{"delivery_id": "msg_1", "shard": "hot-0", "first_opid": 991, "last_opid": 992, "attempts": 16, "failure": "503", "died_at": "2026-01-31T08:30:00Z"}]}""")],
        Problems = [ProblemCodes.NotFound],
    };

    private static FunctionDescription One(string summary) => new(Tag, summary) { Answers = [new(200, "The webhook.", TicketsJson.Default.Webhook, Example)], Problems = [ProblemCodes.NotFound] };
}
