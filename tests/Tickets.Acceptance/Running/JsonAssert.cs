namespace Tickets.Acceptance.Running;

internal static class JsonAssert
{
    /// <summary>The member as text; null when it is null or missing.</summary>
    public static string? Text(this JsonElement element, string member) =>
        element.TryGetProperty(member, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;

    public static long Number(this JsonElement element, string member) => element.GetProperty(member).GetInt64();

    public static string[] Texts(this JsonElement element, string member) => [.. element.GetProperty(member).EnumerateArray().Select(item => item.GetString()!)];

    /// <summary>The same JSON, whatever the order of members and the white space.</summary>
    public static void Is(this JsonElement actual, string expected) =>
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected, new JsonDocumentOptions { MaxDepth = 200 }), actual), $"Expected: {expected}\nActual:   {actual.GetRawText()}");
}
