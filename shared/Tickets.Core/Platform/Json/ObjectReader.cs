using System.Text;
using System.Text.Json;
using Tickets.Contracts;

namespace Tickets.Core.Platform.Json;

/// <summary>
/// Reads one JSON object member by member and collects every fault with its JSON pointer, so that a caller mends a request in one go.
/// Members that no one asked for are unknown: <see cref="Finish"/> reports them.
/// </summary>
internal sealed class ObjectReader(JsonElement source, string pointer, List<ProblemError> errors)
{
    private readonly List<string> _known = [];

    public List<ProblemError> Errors => errors;
    public JsonElement Source => source;

    public string PointerOf(string member) => $"{pointer}/{member.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";

    public void Fault(string member, string message) => errors.Add(new ProblemError(PointerOf(member), message));

    /// <summary>The member as it stands; null counts as left out.</summary>
    public JsonElement? Any(string member)
    {
        if (!_known.Contains(member))
            _known.Add(member);
        return source.TryGetProperty(member, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    public string? Text(string member, int maxBytes = 256)
    {
        if (Any(member) is not { } value)
            return null;
        return TextValue.Read(value, maxBytes, out var fault) ?? Refused<string>(member, fault);
    }

    public string? RequiredText(string member, int maxBytes = 256)
    {
        if (Any(member) is not null)
            return Text(member, maxBytes);
        Fault(member, "This member is required: a string.");
        return null;
    }

    public bool? Flag(string member)
    {
        if (Any(member) is not { } value)
            return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        Fault(member, "Expected true or false.");
        return null;
    }

    public int? Integer(string member, int min, int max)
    {
        if (Any(member) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= min && number <= max)
            return number;
        Fault(member, $"Expected a whole number from {min} to {max}.");
        return null;
    }

    public DateTimeOffset? Time(string member)
    {
        if (Any(member) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.String && Rfc3339.TryParse(value.GetString()!, out var time))
            return time;
        Fault(member, "Expected a time such as 2026-01-31T08:30:00Z (RFC 3339, with an offset).");
        return null;
    }

    /// <summary>A list of texts; null when left out.</summary>
    public IReadOnlyList<string>? Texts(string member, int maxItems, int maxBytes = 256)
    {
        if (Any(member) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > maxItems)
            return Refused<IReadOnlyList<string>>(member, $"Expected a list of at most {maxItems} strings.");

        var texts = new List<string>();
        foreach (var item in value.EnumerateArray())
        {
            if (TextValue.Read(item, maxBytes, out var fault) is { } text)
                texts.Add(text);
            else
                errors.Add(new ProblemError($"{PointerOf(member)}/{texts.Count}", fault!));
        }

        return texts;
    }

    public ObjectReader? Object(string member)
    {
        if (Any(member) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Object
            ? new ObjectReader(value, PointerOf(member), errors)
            : Refused<ObjectReader>(member, "Expected an object.");
    }

    /// <summary>The member as a list, read item by item.</summary>
    public JsonElement? List(string member, int maxItems)
    {
        if (Any(member) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= maxItems)
            return value;
        Fault(member, $"Expected a list of at most {maxItems} items.");
        return null;
    }

    /// <summary>Reports every member that was not asked for.</summary>
    public void Finish(List<ProblemError> unknown) => Finish(unknown, _known);

    /// <summary>Reports every member but these: for objects whose members can be read only when something else is known.</summary>
    public void Finish(List<ProblemError> unknown, IReadOnlyList<string> known)
    {
        foreach (var member in source.EnumerateObject())
        {
            if (!known.Contains(member.Name))
                unknown.Add(new ProblemError(PointerOf(member.Name), $"There is no member '{Shown(member.Name)}' here; known are {string.Join(", ", known)}."));
        }
    }

    /// <summary>The members of a whole body that are none of its own, or null: told before anything that the other members say is looked up.</summary>
    public static Problem? Strangers(JsonElement body, IReadOnlyList<string> known)
    {
        var unknown = new List<ProblemError>();
        new ObjectReader(body, "", []).Finish(unknown, known);
        return unknown.Count > 0 ? Problems.UnknownMembers(unknown) : null;
    }

    private static string Shown(string name) => name.Length <= 60 ? name : string.Concat(name.AsSpan(0, 60), "…");

    private T? Refused<T>(string member, string? fault)
        where T : class
    {
        Fault(member, fault!);
        return null;
    }
}

/// <summary>A text that PostgreSQL can hold as well as JSON can.</summary>
internal static class TextValue
{
    public static string? Read(JsonElement value, int maxBytes, out string? fault)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            fault = "Expected a string.";
            return null;
        }

        var text = value.GetString()!;
        fault = Fault(text, maxBytes);
        return fault is null ? text : null;
    }

    public static string? Fault(string text, int maxBytes)
    {
        if (Encoding.UTF8.GetByteCount(text) > maxBytes)
            return $"At most {maxBytes} bytes of UTF-8; this has {Encoding.UTF8.GetByteCount(text)}.";
        return text.Contains('\0') ? "The character U+0000 cannot be stored in a text." : null;
    }
}
