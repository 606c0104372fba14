using System.Reflection;
using System.Text.Json;
using Tickets.Contracts;
using Tickets.Functions;
using Tickets.Functions.OpenApi;

namespace Tickets.Chaos.Http;

/// <summary>Whether an answer is one that the documents know: the OpenAPI document's statuses, the codes of problems, and what every refusal has.</summary>
internal static class AnswerCheck
{
    private static readonly HashSet<string> Codes = [.. typeof(ProblemCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!)];

    private static readonly Dictionary<string, HashSet<int>> Statuses = JsonElement.Parse(OpenApiFunctions.Text(AppFunctions.Declare())).GetProperty("paths").EnumerateObject()
        .SelectMany(path => path.Value.EnumerateObject())
        .Where(method => method.Value.ValueKind == JsonValueKind.Object && method.Value.TryGetProperty("operationId", out _))
        .ToDictionary(
            method => method.Value.GetProperty("operationId").GetString()!, method => method.Value.GetProperty("responses").EnumerateObject().Select(response => int.Parse(response.Name)).ToHashSet());

    /// <param name="function">Whose answer it is; null where the path or method is nobody's.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? Fault(string? function, int status, string? mediaType, string text, bool hasTrace, bool hasRetryAfter, bool forged, bool isHead)
    {
        // What the server refuses before there is a request to route has no body (docs/architecture.md).
        if (status is 400 or 414 or 431 && text.Length == 0 && !hasTrace)
            return null;
        if (!hasTrace)
            return "no x-trace-id";
        if (function is not null && Statuses.TryGetValue(function, out var known) && !known.Contains(status))
            return $"the OpenAPI document has no {status} for it: {text}";
        if (status >= 500 && status != 503 && !text.Contains("stale_settings", StringComparison.Ordinal))
            return $"{status}: {text}";
        if (status < 400)
            return forged && status == 200 ? "a forged nonce or cursor was taken" : null;
        if (isHead)
            return null;
        if (mediaType != "application/problem+json")
            return $"{status} as {mediaType}: {text}";
        if (status == 503 && !hasRetryAfter)
            return "503 without Retry-After";
        return Problem(status, text);
    }

    private static string? Problem(int status, string text)
    {
        JsonElement problem;
        try
        {
            problem = JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return $"{status} is no JSON: {text}";
        }

        if (!problem.TryGetProperty("code", out var code) || !Codes.Contains(code.GetString()!))
            return $"{status} with an undocumented code: {text}";
        if (problem.GetProperty("status").GetInt32() != status)
            return $"{status} that says another status: {text}";
        return text.Contains(" at Tickets.", StringComparison.Ordinal) || text.Contains("Npgsql", StringComparison.Ordinal) ? $"it tells of our insides: {text}" : null;
    }
}
