using System.Text.Json;

namespace Tickets.Cli;

/// <summary>Says where a text stops being JSON, as a person counts: from one.</summary>
internal static class JsonFault
{
    public static string Place(JsonException e) => e is { LineNumber: { } line, BytePositionInLine: { } at } ? $"line {line + 1}, byte {at + 1}" : "its beginning";

    /// <summary>A sentence without the parser's own words for the place.</summary>
    public static string Describe(JsonException e)
    {
        var words = e.Message[..CutAt(e.Message)].Trim();
        return $"{words} ({Place(e)})";
    }

    private static int CutAt(string message)
    {
        var places = new[] { " LineNumber:", " Path:" }.Select(mark => message.IndexOf(mark, StringComparison.Ordinal)).Where(at => at >= 0).ToList();
        return places.Count == 0 ? message.Length : places.Min();
    }
}
