using System.Net.Http.Headers;
using System.Text;

namespace Tickets.Acceptance.Errors;

/// <summary>Whatever is sent to whichever route, the answer is a problem document that says what is wrong.</summary>
public class MalformedInputTests(RunningApp app)
{
    private static readonly (string Method, string Path)[] BodyRoutes =
    [
        ("POST", "/nonces"), ("POST", "/tickets"), ("PATCH", "/tickets/1"), ("POST", "/tickets/1/accept"), ("POST", "/tickets/find"),
        ("PUT", "/workflows?workflow_id=w"), ("PUT", "/queues?queue=q"),
    ];

    public static TheoryData<string, string> Malformed => new()
    {
        { "white space", " \n\t " },
        { "a list", "[]" },
        { "a number", "1" },
        { "null", "null" },
        { "a string", "\"x\"" },
        { "an open object", "{\"queue\": \"q\"" },
        { "an open string", "{\"queue\": \"q" },
        { "a trailing comma", "{\"queue\": \"q\",}" },
        { "a comment", "{} // x" },
        { "two documents", "{}{}" },
        { "single quotes", "{'queue': 'q'}" },
        { "no number of JSON", "{\"count\": 01}" },
        { "NaN", "{\"count\": NaN}" },
        { "a raw control character", "{\"queue\": \"a\u0001\"}" },
        { "a wrong escape", "{\"queue\": \"\\x41\"}" },
        { "a member twice", "{\"queue\": \"a\", \"queue\": \"b\"}" },
        { "a member twice, once escaped", "{\"queue\": \"a\", \"qu\\u0065ue\": \"b\"}" },
        { "a member twice deep down", "{\"meta\": {\"a\": {\"b\": 1, \"b\": 2}}}" },
        { "a lone high surrogate", "{\"queue\": \"\\ud800\"}" },
        { "a lone low surrogate", "{\"queue\": \"x\\udc00x\"}" },
        { "surrogates the wrong way round", "{\"queue\": \"\\udc00\\ud800\"}" },
        { "a lone surrogate in a name", "{\"meta\": {\"\\ud800\": 1}}" },
        { "a lone surrogate deep in meta", "{\"meta\": {\"a\": [[{\"b\": \"\\ud83d\"}]]}}" },
        { "nesting beyond all reason", $"{{\"meta\": {{\"a\": {new string('[', 400_000)}{new string(']', 400_000)}}}}}" },
        { "nesting never closed", new string('{', 100_000) },
        { "a byte order mark and nonsense", "\ufeff{]" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task What_is_no_JSON_object_is_malformed_everywhere(string what, string body)
    {
        Assert.NotEmpty(what);
        foreach (var (method, path) in BodyRoutes)
            (await app.Admin.SendAsync(method, path, body, ("If-None-Match", "*"))).Problem(400, "malformed_json");
    }

    [Theory]
    [InlineData(new byte[] { 0xff, 0xfe })]
    [InlineData(new byte[] { (byte)'{', (byte)'"', 0xc3, 0x28, (byte)'"', (byte)':', (byte)'1', (byte)'}' })]
    [InlineData(new byte[] { (byte)'{', (byte)'"', 0xed, 0xa0, 0x80, (byte)'"', (byte)':', (byte)'1', (byte)'}' })]
    [InlineData(new byte[] { (byte)'{', (byte)'"', 0xc0, 0x80, (byte)'"', (byte)':', (byte)'1', (byte)'}' })]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { (byte)'{', 0, (byte)'}' })]
    public async Task Bytes_that_are_no_UTF8_are_malformed_everywhere(byte[] body)
    {
        foreach (var (method, path) in BodyRoutes)
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            (await app.Admin.SendAsync(method, path, content, ("If-None-Match", "*"))).Problem(400, "malformed_json");
        }
    }

    [Fact]
    public async Task A_body_where_one_is_needed_is_missed_by_name()
    {
        foreach (var (method, path) in BodyRoutes.Where(route => route.Path != "/nonces"))
            (await app.Admin.SendAsync(method, path, default(string), ("If-None-Match", "*"))).Problem(400, "malformed_json");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("multipart/form-data")]
    public async Task Another_media_type_is_refused(string type)
    {
        foreach (var (method, path) in BodyRoutes)
        {
            using var content = new ByteArrayContent("{}"u8.ToArray());
            content.Headers.TryAddWithoutValidation("Content-Type", type);
            (await app.Admin.SendAsync(method, path, content, ("If-None-Match", "*"))).Problem(415, "unsupported_media_type");
        }
    }

    [Fact]
    public async Task A_body_over_one_MiB_is_too_large_whether_its_length_is_told_or_not()
    {
        var bytes = Encoding.UTF8.GetBytes($$"""{"queue": "{{new string('x', 1024 * 1024)}}"}""");
        foreach (var (method, path) in BodyRoutes)
        {
            using var told = new ByteArrayContent(bytes);
            told.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            (await app.Admin.SendAsync(method, path, told, ("If-None-Match", "*"))).Problem(413, "payload_too_large");

            using var untold = new StreamContent(new UnknownLength(bytes));
            untold.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            (await app.Admin.SendAsync(method, path, untold, ("If-None-Match", "*"), ("Transfer-Encoding", "chunked"))).Problem(413, "payload_too_large");
        }
    }

    [Theory]
    [InlineData("DELETE", "/tickets/1", "GET, HEAD, PATCH")]
    [InlineData("GET", "/tickets", "POST")]
    [InlineData("PUT", "/nonces", "POST")]
    [InlineData("POST", "/oplog", "GET, HEAD")]
    [InlineData("POST", "/queues", "GET, HEAD, PUT")]
    [InlineData("GET", "/tickets/1/accept", "POST")]
    [InlineData("DELETE", "/ping", "GET, HEAD")]
    public async Task A_wrong_method_is_answered_with_the_right_ones(string method, string path, string allowed)
    {
        var answer = await app.Admin.SendAsync(method, path, default(string));

        answer.Problem(405, "method_not_allowed");
        Assert.Equal(allowed.Split(", ").Order(StringComparer.Ordinal), answer.Headers["Allow"].Split(", ").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("/nosuch")]
    [InlineData("/tickets/1/nosuch")]
    [InlineData("/")]
    [InlineData("/tickets/1/2/3")]
    [InlineData("/..%2f..%2fetc")]
    public async Task A_path_that_nothing_serves_is_not_found(string path)
    {
        (await app.Admin.GetAsync(path)).Problem(404, "not_found");
    }

    [Theory]
    [InlineData("POST", "/nonces")]
    [InlineData("POST", "/tickets")]
    [InlineData("GET", "/tickets/1")]
    [InlineData("PATCH", "/tickets/1")]
    [InlineData("POST", "/tickets/1/accept")]
    [InlineData("POST", "/tickets/find")]
    [InlineData("GET", "/oplog")]
    [InlineData("GET", "/workflows")]
    [InlineData("PUT", "/workflows")]
    [InlineData("GET", "/queues")]
    [InlineData("PUT", "/queues")]
    [InlineData("POST", "/archive/runs")]
    [InlineData("GET", "/ping")]
    [InlineData("GET", "/version")]
    public async Task An_unknown_query_parameter_is_named(string method, string path)
    {
        var answer = await app.Admin.SendAsync(method, $"{path}?colo%75r=red", method == "GET" ? null : "{}");

        Assert.Contains("'colour'", answer.Problem(400, "unknown_parameter").Text("detail"), StringComparison.Ordinal);
    }

    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
