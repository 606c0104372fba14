using System.Text.RegularExpressions;

namespace Tickets.Acceptance.Running;

/// <summary>What came back. Whatever a test asks, the answer has a trace id, and a 500 is never right but for stale settings.</summary>
public sealed partial record Answer(int Status, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public static async Task<Answer> ReadAsync(HttpResponseMessage response)
    {
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        var answer = new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), headers);
        Assert.Matches(TraceId(), answer.Headers.GetValueOrDefault("x-trace-id", ""));
        if (answer.Status == 500 && !answer.Text.Contains("stale_settings", StringComparison.Ordinal))
            Assert.Fail($"{answer.Text}\n{AppLogs.Of(answer.Headers["x-trace-id"])}");
        return answer;
    }

    public JsonElement Json => JsonElement.Parse(Text, new JsonDocumentOptions { MaxDepth = 200 });

    /// <summary>The body of a 200.</summary>
    public JsonElement Ok()
    {
        Assert.True(Status == 200, $"{Status}: {Text}");
        Assert.Equal("application/json", Headers["Content-Type"]);
        return Json;
    }

    /// <summary>A whole problem document of this status and code.</summary>
    public JsonElement Problem(int status, string code)
    {
        Assert.True(Status == status, $"{Status} instead of {status}: {Text}");
        Assert.Equal("application/problem+json", Headers["Content-Type"]);
        var problem = Json;
        Assert.Equal(code, problem.Text("code"));
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.Text("title")!);
        Assert.NotEmpty(problem.Text("type")!);
        Assert.NotEmpty(problem.Text("detail")!);
        Assert.Equal(Headers["x-trace-id"], problem.Text("trace_id"));
        // Nobody outside is told of our tables and sources.
        Assert.DoesNotContain(" at Tickets.", Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Npgsql", Text, StringComparison.Ordinal);
        return problem;
    }

    /// <summary>A problem whose <c>errors</c> point at exactly these places.</summary>
    public void Problem(int status, string code, params string[] pointers)
    {
        var errors = Problem(status, code).GetProperty("errors").EnumerateArray().ToList();
        Assert.Equal(pointers.Order(StringComparer.Ordinal), errors.Select(error => error.Text("pointer")!).Order(StringComparer.Ordinal));
        Assert.All(errors, error => Assert.NotEmpty(error.Text("message")!));
    }

    [GeneratedRegex("^[0-9a-f]{32}$")]
    private static partial Regex TraceId();
}
