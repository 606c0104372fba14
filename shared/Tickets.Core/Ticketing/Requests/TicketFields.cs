using System.Runtime.InteropServices;
using System.Text.Json;
using Tickets.Contracts;
using Tickets.Core.Platform;
using Tickets.Core.Platform.Json;
using Tickets.Core.Ticketing.Rules;
using Tickets.Core.Workflows;

namespace Tickets.Core.Ticketing.Requests;

/// <summary>The parts that creates, updates and searches have in common, and their limits.</summary>
internal static class TicketFields
{
    public const int MaxBlocks = Names.MaxBlocks;
    public const int MaxBlockBytes = 256 * 1024;
    public const int MaxIndexedTextBytes = 128;
    public const int MaxGroupBytes = Names.MaxGroupBytes;

    public static string? Group(ObjectReader reader, string member)
    {
        var group = reader.Text(member, MaxGroupBytes);
        if (group is "")
            reader.Fault(member, "A group has a name; leave the member out for none.");
        return group;
    }

    public static long? TicketIdOf(ObjectReader reader, string member)
    {
        if (reader.Text(member) is not { } text)
            return null;
        if (TicketId.TryParse(text, out var id))
            return id;
        reader.Fault(member, "Expected a ticket id: a string of decimal digits.");
        return null;
    }

    public static MetaWrite? Block(string name, JsonElement value, string pointer, List<ProblemError> errors)
    {
        var bytes = JsonMarshal.GetRawUtf8Value(value).Length;
        if (!Names.IsBlock(name))
            errors.Add(new ProblemError(pointer, $"A block name is {Names.BlockRule}."));
        else if (bytes > MaxBlockBytes)
            errors.Add(new ProblemError(pointer, $"A block has at most {MaxBlockBytes} bytes of JSON; this has {bytes}."));
        else
            return new MetaWrite(name, value.GetRawText());
        return null;
    }

    /// <summary>The value for a field of the workflow; JSON null empties the field.</summary>
    public static FieldWrite? Indexed(WorkflowRules workflow, string name, JsonElement value, string pointer, List<ProblemError> errors)
    {
        if (Field(workflow, name, pointer, errors) is not { } field)
            return null;
        if (value.ValueKind == JsonValueKind.Null)
            return new FieldWrite(field, null);
        if (field.IsText)
        {
            if (TextValue.Read(value, MaxIndexedTextBytes, out var fault) is { } text)
                return new FieldWrite(field, text);
            errors.Add(new ProblemError(pointer, $"Field '{name}' is a string. {fault}"));
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number))
            return new FieldWrite(field, number);
        errors.Add(new ProblemError(pointer, $"Field '{name}' is an int64: a whole number from {long.MinValue} to {long.MaxValue}."));
        return null;
    }

    public static FieldSlot? Field(WorkflowRules workflow, string name, string pointer, List<ProblemError> errors)
    {
        if (workflow.Fields.TryGetValue(name, out var field))
            return field;
        var known = workflow.Fields.Count == 0 ? "it has none" : $"it has {string.Join(", ", workflow.Fields.Keys)}";
        errors.Add(new ProblemError(pointer, $"Workflow '{workflow.Definition.WorkflowId}' has no indexed field '{name}'; {known}."));
        return null;
    }
}
