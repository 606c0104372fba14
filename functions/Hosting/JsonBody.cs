using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Tickets.Contracts;

namespace Tickets.Functions.Hosting;

/// <summary>From bytes to a record, or to a problem that says where and why not.</summary>
internal static class JsonBody
{
    public static (T? Value, Problem? Problem) Parse<T>(ReadOnlyMemory<byte> body, JsonTypeInfo<T> typeInfo) where T : class
    {
        // Parts that stay uninterpreted JSON are not looked into by the parser, so what could not be stored must be found here.
        if (!Utf8.IsValid(body.Span))
            return (null, Problems.MalformedJson("The body is not valid UTF-8."));

        var strict = StrictJson.For(typeInfo);
        try
        {
            var value = JsonSerializer.Deserialize(body.Span, strict);
            if (value is null)
                return (null, Problems.InvalidField([new ProblemError("", "must be an object")]));
            return HalfCharacter(body.Span) is { } problem ? (null, problem) : (value, null);
        }
        catch (JsonException exception)
        {
            return (null, JsonBodyFaults.Describe(body, strict, exception));
        }
    }

    /// <summary>An escape like <c>\ud800</c> that is half of a character: valid to the grammar, but no text.</summary>
    private static Problem? HalfCharacter(ReadOnlySpan<byte> body)
    {
        if (body.IndexOf("\\u"u8) < 0)
            return null;

        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (!reader.ValueIsEscaped)
                continue;

            try
            {
                _ = reader.GetString();
            }
            catch (InvalidOperationException)
            {
                return Problems.MalformedJson($"A string that starts at byte {reader.TokenStartIndex} holds half of a surrogate pair.");
            }
        }

        return null;
    }
}
