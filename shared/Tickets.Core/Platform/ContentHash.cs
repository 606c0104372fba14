using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tickets.Core.Platform.Json;

namespace Tickets.Core.Platform;

/// <summary>
/// Tells whether two requests say the same: 16 bytes of SHA-256 over the JSON with members sorted by name, white space dropped
/// and strings unescaped. Numbers count as written.
/// </summary>
internal static class ContentHash
{
    /// <summary>Bytes that stand in a JSON string for themselves, however it is written.</summary>
    private static readonly SearchValues<byte> Plain = SearchValues.Create([.. Enumerable.Range(0x20, 0x5F).Select(value => (byte)value).Where(value => value is not ((byte)'"' or (byte)'\\'))]);

    public static Guid Of(JsonElement content, string scope = "", string? exceptMember = null)
    {
        using var scratch = JsonScratch.Take();
        scratch.Begin(scope);
        Write(scratch.Writer, content, exceptMember);
        return Of(scratch.Written());
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
                foreach (var (name, member) in Sorted(value))
                {
                    if (name == exceptMember)
                        continue;
                    writer.WritePropertyName(name);
                    Write(writer, member);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    Write(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String when JsonMarshal.GetRawUtf8Value(value)[1..^1].ContainsAnyExcept(Plain):
                writer.WriteStringValue(value.GetString());
                break;
            default:
                writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
                break;
        }
    }

    private static (string Name, JsonElement Value)[] Sorted(JsonElement value)
    {
        var members = new (string Name, JsonElement Value)[value.GetPropertyCount()];
        var count = 0;
        foreach (var member in value.EnumerateObject())
            members[count++] = (member.Name, member.Value);
        if (count > 1)
            Array.Sort(members, static (one, other) => string.CompareOrdinal(one.Name, other.Name));
        return members;
    }
}
