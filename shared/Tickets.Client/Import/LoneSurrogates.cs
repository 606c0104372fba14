using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tickets.Client.Import;

/// <summary>JSON can escape half of a character (<c>\ud800</c>), which is no text and cannot be sent on.</summary>
internal static class LoneSurrogates
{
    public const string Fault = "A text has an escaped surrogate without its other half";

    public static bool Stand(JsonNode? node)
    {
        try
        {
            Read(node);
            return false;
        }
        catch (InvalidOperationException)
        {
            // The nodes keep the source, and only reading a text from it tells.
            return true;
        }
    }

    private static void Read(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var member in members) Read(member.Value);
                break;
            case JsonArray items:
                foreach (var item in items) Read(item);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                _ = value.GetValue<string>();
                break;
        }
    }
}
