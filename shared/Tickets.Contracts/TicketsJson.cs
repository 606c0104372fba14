using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tickets.Contracts;

/// <summary>Serialization of every wire record: snake_case, nulls left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(NoncesRequest))]
[JsonSerializable(typeof(NoncesResponse))]
[JsonSerializable(typeof(CreateTicketRequest))]
[JsonSerializable(typeof(CreateTicketResponse))]
[JsonSerializable(typeof(UpdateTicketRequest))]
[JsonSerializable(typeof(UpdateTicketResponse))]
[JsonSerializable(typeof(AcceptTicketRequest))]
[JsonSerializable(typeof(Ticket))]
[JsonSerializable(typeof(BulkRequest))]
[JsonSerializable(typeof(BulkResponse))]
[JsonSerializable(typeof(FindTicketsRequest))]
[JsonSerializable(typeof(FindTicketsResponse))]
[JsonSerializable(typeof(StartScanRequest))]
[JsonSerializable(typeof(OplogPage))]
[JsonSerializable(typeof(SkippedOp))]
[JsonSerializable(typeof(Workflow))]
[JsonSerializable(typeof(WorkflowList))]
[JsonSerializable(typeof(Queue))]
[JsonSerializable(typeof(QueueList))]
[JsonSerializable(typeof(OrchestrationSummary))]
[JsonSerializable(typeof(OrchestrationList))]
[JsonSerializable(typeof(OrchestrationAnswer))]
[JsonSerializable(typeof(OrchestrationHealth))]
[JsonSerializable(typeof(NotificationPage))]
[JsonSerializable(typeof(Webhook))]
[JsonSerializable(typeof(WebhookList))]
[JsonSerializable(typeof(DeadDeliveryList))]
[JsonSerializable(typeof(CreateKeyRequest))]
[JsonSerializable(typeof(RotateKeyRequest))]
[JsonSerializable(typeof(Key))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(CallerInfo))]
[JsonSerializable(typeof(AuditPage))]
[JsonSerializable(typeof(SystemOverview))]
public sealed partial class TicketsJson : JsonSerializerContext;
