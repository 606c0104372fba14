using System.Text;
using System.Text.Json.Nodes;

namespace Tickets.Cli;

/// <summary>A request body put together from a file and from options, which override its members.</summary>
internal sealed class JsonBody(JsonObject members)
{
    public static JsonBody From(string? file, ITerminal terminal) => new(file is null ? [] : InputFile.ReadObject(file, terminal));

    public string? this[string name] => members[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public JsonBody Set(string name, JsonNode? value)
    {
        if (value is not null) members[name] = value;
        return this;
    }

    /// <summary>Adds assignments to an object member: <c>--meta report:={…}</c> to <c>meta</c>.</summary>
    public JsonBody SetIn(string name, string option, string[]? assignments)
    {
        foreach (var text in assignments ?? [])
        {
            var (key, value) = Assignment.Parse(option, text);
            if (members[name] is not JsonObject inner) members[name] = inner = [];
            inner[key] = value;
        }
        return this;
    }

    public JsonBody AddTo(string name, string[]? values)
    {
        foreach (var value in values ?? [])
        {
            if (members[name] is not JsonArray inner) members[name] = inner = [];
            inner.Add(value);
        }
        return this;
    }

    public ReadOnlyMemory<byte> ToBytes() => Encoding.UTF8.GetBytes(PrettyJson.WriteLine(members));
}
