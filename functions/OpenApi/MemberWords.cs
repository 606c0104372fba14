using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using Tickets.Contracts;

namespace Tickets.Functions.OpenApi;

/// <summary>What records and their members mean: the words of the contracts, else those that belong to a name everywhere.</summary>
internal static class MemberWords
{
    // Bodies that are read member by member here are records of their own in the contracts.
    private static readonly Dictionary<Type, Type> Contracts = new()
    {
        [typeof(WorkflowBody)] = typeof(Workflow),
        [typeof(QueueBody)] = typeof(Queue),
        [typeof(QueueNameBody)] = typeof(OnQueueRequest),
        [typeof(EraseBody)] = typeof(EraseTicketsRequest),
        [typeof(MoveQueueBody)] = typeof(MoveQueueRequest),
        [typeof(CreateWebhookBody)] = typeof(CreateWebhookRequest),
        [typeof(ChangeWebhookBody)] = typeof(ChangeWebhookRequest),
        [typeof(ReplayWebhookBody)] = typeof(ReplayWebhookRequest),
        [typeof(SkipOpBody)] = typeof(SkipOpRequest),
    };

    public static string? Of(Type record) => ContractDocs.Of(Contracts.GetValueOrDefault(record, record));

    public static string? Of(Type record, JsonPropertyInfo member) =>
        ContractDocs.Of(Contracts.GetValueOrDefault(record, record), (member.AttributeProvider as MemberInfo)?.Name ?? member.Name) ?? CommonMembers.Meanings.GetValueOrDefault(member.Name);
}
