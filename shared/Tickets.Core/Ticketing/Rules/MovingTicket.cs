using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tickets.Core.Settings;

namespace Tickets.Core.Ticketing.Rules;

/// <summary>A ticket on its way between shards, whole: as it is to stand in its new queue.</summary>
internal sealed record MovingTicket(
    long TicketId,
    int QueueId,
    string Status,
    string? Resolution,
    string? Group,
    string? AcceptedBy,
    long? ParentId,
    long Version,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? ClosedAt,
    IReadOnlyList<long?> Numbers,
    IReadOnlyList<string?> Texts,
    IReadOnlyList<MovingBlock> Blocks)
{
    public static MovingTicket Of(TicketState ticket) => new(
        ticket.TicketId,
        ticket.Queue.QueueId,
        ticket.Status,
        ticket.Resolution,
        ticket.Group,
        ticket.AcceptedBy,
        ticket.ParentId,
        ticket.Version,
        ticket.CreatedAt,
        ticket.UpdatedAt,
        ticket.ClosedAt,
        ticket.Indexed.Numbers,
        ticket.Indexed.Texts,
        ticket.Blocks.Select(block => new MovingBlock(block.Key, block.Value.Version, block.Value.Exists ? block.Value.Json : null)).ToList());

    public TicketState ToState(QueueSettings queue) => new()
    {
        TicketId = TicketId,
        Queue = queue,
        Status = Status,
        Resolution = Resolution,
        Group = Group,
        AcceptedBy = AcceptedBy,
        ParentId = ParentId,
        Version = Version,
        CreatedAt = CreatedAt,
        UpdatedAt = UpdatedAt,
        ClosedAt = ClosedAt,
        Indexed = new IndexedSlots([.. Numbers], [.. Texts]),
        Blocks = Blocks.ToImmutableDictionary(block => block.Block, block => new BlockState(block.Version, block.Json is not null, block.Json), StringComparer.Ordinal),
    };

    public string ToJson() => JsonSerializer.Serialize(this, MovingTicketJson.Default.MovingTicket);

    public static MovingTicket FromJson(string json) => JsonSerializer.Deserialize(json, MovingTicketJson.Default.MovingTicket)!;
}

/// <param name="Json">Null for a removed block, whose version goes on counting.</param>
internal sealed record MovingBlock(string Block, long Version, string? Json);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(MovingTicket))]
internal sealed partial class MovingTicketJson : JsonSerializerContext;
