using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tickets.Cli;

/// <summary><c>name=text</c>, <c>name:=json</c>, <c>name=@file</c> with text in it or <c>name:=@file</c> with JSON.</summary>
internal sealed record Assignment(string Name, JsonNode? Value)
{
    public const string Grammar = "name=text, name:=json, name=@file or name:=@file";

    public static Assignment Parse(string option, string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var isJson = equals > 0 && text[equals - 1] == ':';
        var name = text[..Math.Max(0, isJson ? equals - 1 : equals)];
        if (name.Length == 0) throw new UsageException($"{option} {text}: say {Grammar}.");
        var value = text[(equals + 1)..];
        if (value.StartsWith('@')) value = InputFile.ReadText(value[1..]);
        return new Assignment(name, isJson ? ParseJson(option, name, value) : value);
    }

    private static JsonNode? ParseJson(string option, string name, string value)
    {
        try
        {
            return JsonNode.Parse(value);
        }
        catch (JsonException e)
        {
            throw new UsageException($"{option} {name}: the value is not JSON. {JsonFault.Describe(e)} For a plain text say {name}=text.", e);
        }
    }
}
