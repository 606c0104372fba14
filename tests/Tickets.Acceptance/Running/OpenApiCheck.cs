using System.Text.Json.Nodes;
using Tickets.Functions;
using Tickets.Functions.OpenApi;

namespace Tickets.Acceptance.Running;

/// <summary>Holds every answer that a test gets against the app's OpenAPI document: status, problem code, headers and body, and the body that was sent where it was taken.</summary>
internal static class OpenApiCheck
{
    private static readonly JsonObject Document = (JsonObject)JsonNode.Parse(OpenApiFunctions.Text(AppFunctions.Declare()))!;
    private static readonly (string Path, string[] Parts, JsonObject Methods)[] Paths =
        [.. Document["paths"]!.AsObject().Select(path => (path.Key, path.Key.Split('/'), path.Value!.AsObject()))];

    // Those of HTTP itself, and of the server.
    private static readonly HashSet<string> Everywhere = new(StringComparer.OrdinalIgnoreCase) { "Content-Type", "Content-Length", "Date", "Transfer-Encoding", "Connection" };

    /// <returns>What is not as the document says; null when all is, or when no function has this path.</returns>
    public static string? Fault(string method, string path, string? sent, Answer answer)
    {
        if (OperationOf(method, path) is not { } operation)
            return null;
        var name = operation["operationId"]!.GetValue<string>();
        if (operation["responses"]![answer.Status.ToString()] is not JsonObject response)
            return $"{name}: the status {answer.Status} is not documented: {answer.Text}";

        var headers = response["headers"]!.AsObject();
        if (answer.Headers.Keys.FirstOrDefault(header => !Everywhere.Contains(header) && !headers.Any(known => known.Key.Equals(header, StringComparison.OrdinalIgnoreCase))) is { } stranger)
            return $"{name}: the header {stranger} of {answer.Status} is not documented.";
        if (BodyFault(response, answer) is { } fault)
            return $"{name}, {answer.Status}: {fault}\n{answer.Text}";
        // Of a list each item is taken or refused for itself.
        var isTaken = answer.Status < 300 && (name != "BulkTickets" || !answer.Text.Contains("\"code\":", StringComparison.Ordinal));
        return isTaken && sent is not null && RequestFault(operation, sent) is { } wrong ? $"{name}: a request that was taken is not documented: {wrong}\n{sent}" : null;
    }

    private static string? BodyFault(JsonObject response, Answer answer)
    {
        if (answer.Text.Length == 0)
            return null;
        var type = answer.Headers["Content-Type"];
        if (response["content"]?[type] is not { } content)
            return $"the content type {type} is not documented.";
        return type.EndsWith("json", StringComparison.Ordinal) && !type.StartsWith("application/x-", StringComparison.Ordinal)
            ? JsonSchemaCheck.Fault(content["schema"]!, JsonNode.Parse(answer.Text, documentOptions: new() { MaxDepth = 200 }), Document)
            : null;
    }

    private static string? RequestFault(JsonObject operation, string sent) =>
        operation["requestBody"] is not { } body
            ? (sent is "" or "{}" ? null : "it has a body.")
            : JsonSchemaCheck.Fault(body["content"]!["application/json"]!["schema"]!, JsonNode.Parse(sent, documentOptions: new() { MaxDepth = 200 }), Document, nullIsLeftOut: true);

    private static JsonObject? OperationOf(string method, string path)
    {
        var parts = path.Split('?')[0].Split('/');
        // A path that is written out comes before one with values in it.
        return Paths.Where(known => known.Parts.Length == parts.Length && known.Parts.Zip(parts).All(pair => pair.First.StartsWith('{') ? pair.Second.Length > 0 : pair.First == pair.Second))
            .OrderBy(known => known.Parts.Count(part => part.StartsWith('{'))).FirstOrDefault().Methods?[method.ToLowerInvariant()] as JsonObject;
    }
}
