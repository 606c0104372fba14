using System.Text;
using Tickets.Chaos.Fuzz;
using Tickets.Functions.Hosting;

namespace Tickets.Chaos.Http;

/// <summary>One request that something is wrong with, or that is only odd.</summary>
/// <param name="Routed">Its method and path are those of the function, so that its answer is one that the OpenAPI document has for it.</param>
/// <param name="Forged">It carries a nonce or cursor that we did not give out: no 200 then.</param>
internal sealed record FuzzRequest(string Method, string Path, byte[]? Body, string MediaType, IReadOnlyList<(string Name, string Value)> Headers, bool Routed, bool Forged)
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "PROPFIND", "LOCK"];

    private static readonly string[] MediaTypes = ["application/json", "application/json; charset=utf-16", "text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/problem+json", "x", "*/*"];

    public static FuzzRequest Make(Random random, HttpFunction function, RequestSeeds seeds)
    {
        var (query, forged) = QueryOf(random, function, seeds);
        var body = seeds.BodyOf(function.Name);
        if (function.Name == "CreateTicket" && random.Next(6) == 0)
        {
            var nonce = Forge(random, seeds.Nonce);
            // With a good body otherwise, so that the nonce is what is looked at.
            (body, forged) = ($$"""{"nonce": {{System.Text.Json.JsonSerializer.Serialize(nonce)}}, "queue": "{{seeds.Queue}}"}""", forged || nonce != seeds.Nonce);
        }
        else if (body is not null || random.Next(8) == 0)
        {
            body = Spoil(random, body ?? "{}");
        }

        var bytes = body is null ? null : random.Next(12) == 0 ? Mutations.Bytes(random, Encoding.UTF8.GetBytes(body)) : Encoding.UTF8.GetBytes(body);
        var method = random.Next(20) == 0 ? Methods[random.Next(Methods.Length)] : function.Method;
        var path = PathOf(random, "/" + function.HostRoute, seeds, out var routed);
        return new FuzzRequest(
            method, path + query, method is "GET" or "HEAD" or "TRACE" ? null : bytes, random.Next(15) == 0 ? MediaTypes[random.Next(MediaTypes.Length)] : "application/json", HeadersOf(random), routed && method == function.Method, forged);
    }

    public override string ToString() => $"{Method} {Path} {string.Join(' ', Headers.Select(header => $"[{header.Name}: {header.Value}]"))} [{MediaType}] {(Body is null ? "" : Encoding.UTF8.GetString(Body.Length > 500 ? Body[..500] : Body))}";

    private static string PathOf(Random random, string path, RequestSeeds seeds, out bool routed)
    {
        var parts = path.Split('/');
        routed = true;
        for (var i = 1; i < parts.Length; i++)
        {
            if (!parts[i].StartsWith('{'))
            {
                if (random.Next(60) == 0)
                    (parts[i], routed) = (parts[i] + Uri.EscapeDataString(Mutations.Text(random, "x")), false);
                continue;
            }

            var odd = random.Next(3) == 0;
            // Without a value, or with '..' in its place, it is another path.
            parts[i] = Uri.EscapeDataString(odd ? OddValues.Text(random).Replace("\0", "", StringComparison.Ordinal) : seeds.PathValue(parts[i].Trim('{', '}')));
            routed &= !odd || parts[i].All(char.IsAsciiLetterOrDigit) && parts[i].Length > 0;
        }

        return string.Join('/', parts);
    }

    private static (string Query, bool Forged) QueryOf(Random random, HttpFunction function, RequestSeeds seeds)
    {
        var parts = new List<string>();
        var forged = false;
        foreach (var name in function.QueryParameters.Where(_ => random.Next(2) == 0))
        {
            var value = seeds.QueryValue(name);
            if (random.Next(3) == 0)
                value = name is "wait" or "limit" or "max_ops" && random.Next(2) == 0 ? OddValues.Numbers[random.Next(OddValues.Numbers.Length)] : name == "cursor" ? Forge(random, value) : OddValues.Text(random);
            forged |= function.Name == "ReadOplog" && name == "cursor" && value != seeds.Cursor && value != "now" && value.Length > 0;
            parts.Add($"{name}={Uri.EscapeDataString(value)}");
        }

        if (random.Next(15) == 0)
            parts.Add($"{Uri.EscapeDataString(Mutations.Text(random, "unknown"))}=1");
        if (parts.Count > 0 && random.Next(20) == 0)
            parts.Add(parts[0]);
        return (parts.Count == 0 ? "" : "?" + string.Join('&', parts), forged);
    }

    private static string Spoil(Random random, string body) => random.Next(20) switch
    {
        0 => new string('[', 100_000),
        1 => $"{{\"meta\": {string.Concat(Enumerable.Repeat("{\"a\":", 5_000))}1{new string('}', 5_000)}}}",
        2 => $"{{\"queue\": \"{new string('x', 1_100_000)}\"}}",
        3 => "",
        4 => OddValues.Json(random),
        5 => body,
        _ => Mutations.Json(random, body),
    };

    private static List<(string, string)> HeadersOf(Random random)
    {
        var headers = new List<(string, string)>();
        void Maybe(string name, params string[] values)
        {
            if (random.Next(10) == 0)
                headers.Add((name, values[random.Next(values.Length)]));
        }

        Maybe("If-Match", "\"1\"", "1", "\"x\"", "*", "W/\"1\"", "\"99999999999999999999\"", "\"1\", \"2\"");
        Maybe("If-None-Match", "*", "\"1\"", "x");
        Maybe("Idempotency-Key", "k", new string('k', 128), new string('k', 129), " ", "é");
        Maybe("Authorization", "Bearer", "Bearer x", "Basic eDp5", $"Bearer {new string('x', 5000)}", "Bearer a.b.c");
        Maybe("Accept", "application/cloudevents-batch+json", "text/html", "x", "*/*;q=0");
        Maybe("Accept-Encoding", "gzip", "br;q=1", "identity;q=0", "x");
        Maybe("Content-Encoding", "gzip", "br", "x");
        Maybe("traceparent", "00-00000000000000000000000000000000-0000000000000000-01", "x", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        Maybe("Expect", "100-continue", "x");
        Maybe("Range", "bytes=0-1", "x");
        return headers;
    }

    private static string Forge(Random random, string token) => random.Next(4) switch
    {
        0 => token + "=",
        1 => "AAAA" + token[4..],
        2 => token[..^1],
        _ => Mutations.Text(random, token),
    };
}
