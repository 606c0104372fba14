using System.Text.Json;
using System.Text.Unicode;
using Tickets.Contracts;

namespace Tickets.Core.Platform.Json;

/// <summary>Parses a request body strictly: UTF-8, one JSON object, no duplicate members, no lone surrogates, at most 64 levels deep.</summary>
public static class JsonBody
{
    public const int MaxDepth = 64;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    /// <returns>A document whose root is an object, to be disposed by the caller; or 400 <c>malformed_json</c>.</returns>
    public static Result<JsonDocument> Parse(ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
            return Problems.MalformedJson("The body is empty; a JSON object is expected.");
        if (!Utf8.IsValid(body.Span))
            return Problems.MalformedJson("The body is not valid UTF-8.");
        if (body.Span.IndexOf("\\u"u8) >= 0 && FindLoneSurrogate(body.Span) is { } surrogate)
            return Problems.MalformedJson(surrogate);

        try
        {
            var document = JsonDocument.Parse(body, Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            document.Dispose();
            return Problems.MalformedJson("A JSON object is expected.");
        }
        catch (JsonException fault)
        {
            return Problems.MalformedJson(fault.Message);
        }
    }

    private static string? FindLoneSurrogate(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                    _ = reader.GetString();
            }
        }
        catch (InvalidOperationException)
        {
            return $"The text at byte {reader.TokenStartIndex} has an escaped surrogate without its other half.";
        }
        catch (JsonException)
        {
            // Not JSON at all: the parser proper says where and why.
        }

        return null;
    }
}
