using System.Text.Json;
using System.Text.Json.Serialization;
using Tickets.Contracts;

namespace Tickets.Functions.OpenApi;

// Bodies that are read member by member and have no record of their own elsewhere.

/// <param name="Statuses">By name; or the compact form, a list of lists, with <paramref name="Codes"/>.</param>
/// <param name="Revision">Passed over: what is changed is said by <c>If-Match</c>.</param>
internal sealed record WorkflowBody(
    string WorkflowId, JsonElement Statuses, string? Initial = null, IReadOnlyDictionary<string, string>? Codes = null, IReadOnlyDictionary<string, IndexedField>? IndexedFields = null,
    IReadOnlyList<IReadOnlyList<string>>? Indexes = null, string? Description = null, long? Revision = null);

/// <param name="Moving">Passed over, as is <paramref name="Revision"/>.</param>
internal sealed record QueueBody(
    [property: JsonPropertyName("queue")] string Queue, string WorkflowId, string? HotRetention = null, string? AfterHotRetention = null, string? ColdRetention = null, IReadOnlyList<string>? Shards = null,
    string? Description = null, QueueMove? Moving = null, long? Revision = null);

internal sealed record QueueNameBody(string Queue);

internal sealed record EraseBody(string Queue, IReadOnlyList<string> TicketIds);

internal sealed record MoveQueueBody(string Queue, IReadOnlyList<string> Shards);

/// <param name="Secret">Made by the server when left out.</param>
/// <param name="Cursor">Where to begin; <c>now</c> when left out.</param>
internal sealed record CreateWebhookBody(string Url, string? Queue = null, IReadOnlyList<string>? Kinds = null, string? Description = null, string? Cursor = null, string? Secret = null);

/// <param name="Status"><c>active</c> or <c>paused</c>.</param>
internal sealed record ChangeWebhookBody(string Status);

internal sealed record ReplayWebhookBody(string Cursor);

internal sealed record SkipOpBody(string Reason);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WorkflowBody))]
[JsonSerializable(typeof(QueueBody))]
[JsonSerializable(typeof(QueueNameBody))]
[JsonSerializable(typeof(EraseBody))]
[JsonSerializable(typeof(MoveQueueBody))]
[JsonSerializable(typeof(CreateWebhookBody))]
[JsonSerializable(typeof(ChangeWebhookBody))]
[JsonSerializable(typeof(ReplayWebhookBody))]
[JsonSerializable(typeof(SkipOpBody))]
internal sealed partial class BodyShapes : JsonSerializerContext;
