using System.Text;
using Tickets.Core.Archive.Format;

namespace Tickets.Tests.Archive;

/// <summary>Documents and parts made of them, the same for the same seed.</summary>
internal static class SampleParts
{
    public static IReadOnlyList<(long Id, byte[] Json)> Documents(int count, int seed = 1, int textLength = 1_000)
    {
        var random = new Random(seed);
        var id = 1_000_000L;
        return Enumerable.Range(0, count).Select(_ =>
        {
            id += random.Next(1, 5);
            return (id, Document(id, Text(random, random.Next(textLength))));
        }).ToList();
    }

    public static byte[] Document(long id, string text) => Encoding.UTF8.GetBytes($"{{\"ticket_id\":\"{id}\",\"status\":\"closed\",\"meta\":{{\"text\":\"{text}\"}}}}");

    public static async Task<(byte[] Part, PartSummary Summary)> WriteAsync(IEnumerable<(long Id, byte[] Json)> documents)
    {
        using var output = new MemoryStream();
        using var writer = new PartWriter(output);
        foreach (var (id, json) in documents)
            await writer.AppendAsync(id, json, CancellationToken.None);
        var summary = await writer.CompleteAsync(CancellationToken.None);
        return (output.ToArray(), summary);
    }

    public static string Text(Random random, int length)
    {
        const string Words = "bird strike engine pilot runway gull night approach damage minor ünïcödé ";
        var text = new StringBuilder(length + 8);
        while (text.Length < length)
            text.Append(Words.Split(' ')[random.Next(11)]).Append(' ').Append(random.Next(1_000_000));
        return text.ToString();
    }
}
