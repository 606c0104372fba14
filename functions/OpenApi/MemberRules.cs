using System.Text.Json.Nodes;
using Tickets.Contracts;
using Tickets.Core.Access;

namespace Tickets.Functions.OpenApi;

/// <summary>What the type of a member does not tell: the values that it has, the bounds that the readers hold it to, and where a null is told.</summary>
internal static class MemberRules
{
    private static readonly string[] Roles = [.. Enum.GetNames<Role>().Select(role => role.ToLowerInvariant())];
    private static readonly string[] OpKinds = ["created", "updated", "moved_in", "moved_out", "archived", "restored", "deleted", "erased", "skipped"];
    private static readonly string[] Leaving = ["archive", "delete"];

    // Of the members of answers only those of a ticket come as null; elsewhere what there is not is left out, and what is sent as null is refused or left out as well.
    private static readonly HashSet<string> NullOfTicket = new(StringComparer.Ordinal) { "resolution", "group", "accepted_by", "parent_id", "closed_at" };

    private static readonly Dictionary<(Type, string), JsonObject> Rules = new()
    {
        [(typeof(CreateKeyRequest), "role")] = Values(Roles),
        [(typeof(Key), "role")] = Values(Roles),
        [(typeof(CallerInfo), "role")] = Values(Roles),
        [(typeof(Key), "status")] = Values("active", "expired", "revoked"),
        [(typeof(CreateKeyRequest), "queue_prefixes")] = Items(1, 100),
        [(typeof(CreateKeyRequest), "description")] = Longest(1000),
        [(typeof(CreateKeyRequest), "requests_per_minute")] = Between(1, 1_000_000),
        [(typeof(CreateKeyRequest), "requests_per_day")] = Between(1, 2_000_000_000),
        [(typeof(Op), "kind")] = Values(OpKinds),
        [(typeof(OpSkip), "kind")] = Values(OpKinds),
        [(typeof(Webhook), "kinds")] = EachOf(OpKinds),
        [(typeof(Webhook), "status")] = Values("active", "paused", "gone"),
        [(typeof(CreateWebhookBody), "kinds")] = EachOf(OpKinds),
        [(typeof(CreateWebhookBody), "description")] = Longest(1000),
        [(typeof(CreateWebhookBody), "url")] = new() { ["format"] = "uri" },
        [(typeof(ChangeWebhookBody), "status")] = Values("active", "paused"),
        [(typeof(Operation), "kind")] = Values("scan", "restore", "erase", "rebuild_index", "move_queue"),
        [(typeof(Operation), "status")] = Values("not_started", "running", "succeeded", "failed", "canceled"),
        [(typeof(OrchestrationSummary), "status")] = Values("pending", "running", "completed", "failed", "terminated", "suspended", "parked"),
        [(typeof(OrchestrationWorkerInfo), "status")] = Values("ok", "silent"),
        [(typeof(Notification), "kind")] = Values("acceptance_wanted", "reminder", "timed_out", "error_ticket"),
        [(typeof(ShardOverview), "status")] = Values("ok", "failing"),
        [(typeof(Ticket), "tier")] = Values("hot", "cold"),
        [(typeof(TicketQuery), "resolution_status")] = Values("resolved", "noresolution", "any"),
        [(typeof(FindTicketsRequest), "limit")] = Between(1, 1000),
        [(typeof(FindTicketsRequest), "cursor")] = Longest(4096),
        [(typeof(FindTicketsRequest), "include_cold")] = new() { ["enum"] = new JsonArray(false) },
        [(typeof(NoncesRequest), "count")] = Between(1, 1000),
        [(typeof(CreateTicketRequest), "nonce")] = Longest(4096),
        [(typeof(CreateTicketRequest), "group")] = Longest(128),
        [(typeof(BulkRequest), "items")] = Items(0, 1000),
        [(typeof(EraseBody), "ticket_ids")] = Items(1, 1000),
        [(typeof(WorkflowBody), "description")] = Longest(4096),
        [(typeof(QueueBody), "description")] = Longest(4096),
        [(typeof(QueueBody), "after_hot_retention")] = Values(Leaving),
        [(typeof(Queue), "after_hot_retention")] = Values(Leaving),
        [(typeof(QueueMove), "phase")] = Values(QueueMove.Copying, QueueMove.Switching, QueueMove.Clearing, QueueMove.Canceling),
        [(typeof(IndexedField), "type")] = Values("int64", "string"),
        [(typeof(IndexedField), "slot")] = Between(1, 5),
        [(typeof(Problem), "status")] = Between(400, 599),
        [(typeof(Problem), "code")] = Values([.. ProblemCatalog.All.Keys]),
    };

    public static bool MayBeNull(Type type, string member) => type == typeof(Ticket) && NullOfTicket.Contains(member);

    /// <returns>Keywords to add to the member's schema.</returns>
    public static JsonObject? Of(Type type, string member) => Rules.TryGetValue((type, member), out var rules) ? (JsonObject)rules.DeepClone() : null;

    /// <summary>Every member that has rules of its own: a test holds them against the records.</summary>
    internal static IEnumerable<(Type Type, string Member)> All => Rules.Keys.Select(rule => (rule.Item1, rule.Item2));

    private static JsonObject Values(params string[] values) => new() { ["enum"] = Array(values) };

    private static JsonObject EachOf(string[] values) => new() { ["items"] = new JsonObject { ["type"] = "string", ["enum"] = Array(values) } };

    private static JsonObject Between(long least, long most) => new() { ["minimum"] = least, ["maximum"] = most };

    private static JsonObject Longest(int characters) => new() { ["maxLength"] = characters };

    private static JsonObject Items(int least, int most) => new() { ["minItems"] = least, ["maxItems"] = most };

    private static JsonArray Array(string[] values) => [.. values.Select(value => (JsonNode)value)];
}
