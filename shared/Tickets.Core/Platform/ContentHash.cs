using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tickets.Core.Platform;

/// <summary>
/// Tells whether two requests say the same: 16 bytes of SHA-256 over the JSON with members sorted by name, white space dropped
/// and strings unescaped. Numbers count as written.
/// </summary>
internal static class ContentHash
{
    public static Guid Of(JsonElement content, string scope = "", string? exceptMember = null)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        buffer.Write(Encoding.UTF8.GetBytes(scope));
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true }))
            Write(writer, content, exceptMember);

        return Of(buffer.WrittenSpan);
    }

    public static Guid Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    private static Guid Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return new Guid(hash[..16]);
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value, string? exceptMember = null)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    if (member.Name == exceptMember)
                        continue;
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(value.GetString());
                break;
            default:
                writer.WriteRawValue(value.GetRawText(), skipInputValidation: true);
                break;
        }
    }
}
