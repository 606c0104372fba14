using System.Text.Json;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Ticketing.Rules;

namespace Tickets.Core.Ticketing.Reading;

/// <summary>A ticket as reads answer it: every member that the projection has, empty ones as null.</summary>
internal static class TicketJson
{
    /// <summary>Begins the object and writes everything but the meta blocks and the tier.</summary>
    public static void Begin(Utf8JsonWriter writer, TicketState ticket, Projection projection)
    {
        writer.WriteStartObject();
        if (projection.Has("ticket_id"))
            writer.WriteString("ticket_id"u8, TicketId.Format(ticket.TicketId));
        if (projection.Has("queue"))
            writer.WriteString("queue"u8, ticket.Queue.Name);
        if (projection.Has("status"))
            writer.WriteString("status"u8, ticket.Status);
        if (projection.Has("resolution"))
            writer.WriteString("resolution"u8, ticket.Resolution);
        if (projection.Has("group"))
            writer.WriteString("group"u8, ticket.Group);
        if (projection.Has("accepted_by"))
            writer.WriteString("accepted_by"u8, ticket.AcceptedBy);
        if (projection.Has("parent_id"))
            writer.WriteString("parent_id"u8, ticket.ParentId is { } parent ? TicketId.Format(parent) : null);
        if (projection.Has("version"))
            writer.WriteNumber("version"u8, ticket.Version);
        if (projection.Has("created_at"))
            writer.WriteString("created_at"u8, Rfc3339.Format(ticket.CreatedAt));
        if (projection.Has("updated_at"))
            writer.WriteString("updated_at"u8, Rfc3339.Format(ticket.UpdatedAt));
        if (projection.Has("closed_at"))
            writer.WriteString("closed_at"u8, ticket.ClosedAt is { } closed ? Rfc3339.Format(closed) : null);
        if (projection.Has("indexed_meta"))
            WriteIndexed(writer, ticket);
        if (projection.Has("meta"))
            writer.WriteStartObject("meta"u8);
    }

    public static void Block(Utf8JsonWriter writer, string block, long version, string json)
    {
        writer.WriteStartObject(block);
        writer.WriteNumber("version"u8, version);
        writer.WritePropertyName("data"u8);
        writer.WriteRawValue(json, skipInputValidation: true);
        writer.WriteEndObject();
    }

    public static void End(Utf8JsonWriter writer, Projection projection)
    {
        if (projection.Has("meta"))
            writer.WriteEndObject();
        if (projection.Has("tier"))
            writer.WriteString("tier"u8, "hot"u8);
        writer.WriteEndObject();
    }

    /// <summary>The same projection of a ticket that stands as a document in the cold tier.</summary>
    public static void WriteCold(Utf8JsonWriter writer, JsonElement document, Projection projection)
    {
        writer.WriteStartObject();
        foreach (var member in document.EnumerateObject())
        {
            if (!projection.Has(member.Name))
                continue;
            if (member.Name != "meta")
            {
                member.WriteTo(writer);
                continue;
            }

            writer.WriteStartObject("meta"u8);
            foreach (var block in member.Value.EnumerateObject().Where(block => projection.HasBlock(block.Name)))
                Block(writer, block.Name, block.Value.GetProperty("version"u8).GetInt64(), block.Value.GetProperty("data"u8).GetRawText());
            writer.WriteEndObject();
        }

        if (projection.Has("tier"))
            writer.WriteString("tier"u8, "cold"u8);
        writer.WriteEndObject();
    }

    private static void WriteIndexed(Utf8JsonWriter writer, TicketState ticket)
    {
        writer.WriteStartObject("indexed_meta"u8);
        foreach (var field in ticket.Queue.Workflow.Fields.Values)
        {
            if (field.ValueIn(ticket.Indexed) is not { } value)
                continue;
            if (value.Text is { } text)
                writer.WriteString(field.Name, text);
            else
                writer.WriteNumber(field.Name, value.Number);
        }

        writer.WriteEndObject();
    }
}
