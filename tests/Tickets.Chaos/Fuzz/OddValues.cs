using System.Text.Json.Nodes;

namespace Tickets.Chaos.Fuzz;

/// <summary>Values that parsers get wrong.</summary>
internal static class OddValues
{
    public static readonly string[] Numbers =
        ["0", "-0", "-1", "1", "2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "1e400", "-1e-400", "1.5", "1e2", "123456789012345678901234567890.5"];

    public static readonly string[] Texts =
    [
        "", " ", "\0", "a\0b", "\ud83d\ude00", "\u202eabc", "\ufeff", "\uffff", "é", "e\u0301", "../../etc/passwd", "%2e%2e", "'; drop table tickets; --", "{0}%s$1", "null", "true", "-1", "١",
        "a/b/c", "/", "//", "a//b", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "P99999999D", "PT-1S", "P1M", "closed+fixed", "open-", "+", "-", "meta.", ".", "ticket.version",
    ];

    /// <summary>Any one value, as JSON text.</summary>
    public static string Json(Random random) => random.Next(9) switch
    {
        0 => "null",
        1 => random.Next(2) == 0 ? "true" : "false",
        2 => "[]",
        3 => "{}",
        4 => Numbers[random.Next(Numbers.Length)],
        5 => JsonValue.Create(new string((char)random.Next('a', 'z'), 1 << random.Next(0, 14))).ToJsonString(),
        6 => $"[{string.Join(',', Enumerable.Range(0, random.Next(1, 5)).Select(_ => Json(random)))}]",
        7 => $"{{{string.Join(',', Enumerable.Range(0, random.Next(1, 4)).Select(n => $"{JsonValue.Create(Text(random) + n).ToJsonString()}:{Json(random)}"))}}}",
        _ => JsonValue.Create(Text(random)).ToJsonString(),
    };

    public static string Text(Random random) => Texts[random.Next(Texts.Length)];
}
