using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tickets.Contracts;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.OpenApi;

/// <summary>One function in the document: its parameters, its body, every answer and every problem.</summary>
internal static partial class OpenApiOperation
{
    private static readonly string[] Limits = ["RateLimit-Limit", "RateLimit-Policy", "RateLimit-Remaining", "RateLimit-Reset"];

    public static JsonObject Of(HttpFunction function, FunctionDescription description, Schemas schemas)
    {
        var operation = new JsonObject
        {
            ["operationId"] = function.Name,
            ["tags"] = new JsonArray(description.Tag),
            ["summary"] = description.Summary,
            ["description"] = Text(function, description),
            ["parameters"] = new JsonArray([.. ParametersOf(function, description)]),
        };
        if (description.Body is { } body)
        {
            operation["requestBody"] = new JsonObject
            {
                ["required"] = !body.Optional,
                ["content"] = Content("application/json", schemas.Of(body.Type, ofRequest: true), JsonNode.Parse(body.Example)),
            };
        }

        var responses = Answers(function, description, schemas).ToDictionary(StringComparer.Ordinal);
        foreach (var (status, problem) in ProblemAnswers(function, description))
        {
            // A status may come with an answer as well as with a problem.
            if (responses.TryGetValue(status, out var answer))
                answer!["content"]!["application/problem+json"] = problem!["content"]!["application/problem+json"]!.DeepClone();
            else
                responses.Add(status, problem);
        }

        operation["responses"] = new JsonObject(responses.OrderBy(answer => answer.Key, StringComparer.Ordinal));
        operation["security"] = function.Permission is null ? new JsonArray() : new JsonArray(new JsonObject { ["key"] = new JsonArray() });
        return operation;
    }

    private static string Text(HttpFunction function, FunctionDescription description)
    {
        var permission = function.Permission is { } needed ? $"Needs the permission to {needed.ToString().ToLowerInvariant()}{(function.AllQueues ? " on all queues" : "")}." : "Open: no key is needed.";
        return description.Details is null ? permission : $"{description.Details}\n\n{permission}";
    }

    private static IEnumerable<JsonNode> ParametersOf(HttpFunction function, FunctionDescription description)
    {
        foreach (var name in RouteValues().Matches(function.Path).Select(match => match.Groups["name"].Value))
            yield return Parameter(name, "path", required: true);
        foreach (var name in function.QueryParameters)
            yield return Parameter(name, "query", description.Required.Contains(name));
        foreach (var name in description.Headers)
        {
            var (meaning, example) = Parameters.RequestHeaders[name];
            yield return new JsonObject { ["name"] = name, ["in"] = "header", ["required"] = false, ["description"] = meaning, ["schema"] = new JsonObject { ["type"] = "string" }, ["example"] = example };
        }
    }

    private static JsonObject Parameter(string name, string place, bool required)
    {
        var (type, meaning, example) = Parameters.All[name];
        var parameter = new JsonObject { ["name"] = name, ["in"] = place, ["required"] = required, ["description"] = meaning, ["schema"] = new JsonObject { ["type"] = type } };
        if (Parameters.Bounds.TryGetValue(name, out var bounds))
        {
            var schema = parameter["schema"]!.AsObject();
            schema["minimum"] = bounds.Least;
            if (bounds.Most is { } most)
                schema["maximum"] = most;
        }

        if (example.Length > 0 && (required || place == "path"))
            parameter["example"] = type == "integer" ? JsonNode.Parse(example) : example;
        return parameter;
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Answers(HttpFunction function, FunctionDescription description, Schemas schemas)
    {
        foreach (var answer in description.Answers)
        {
            var response = new JsonObject { ["description"] = answer.Meaning, ["headers"] = HeadersOf(function, answer.Headers) };
            var isJson = answer.ContentType == "application/json";
            if (answer.Type is not null)
                response["content"] = Content(answer.ContentType, SchemaOf(answer, schemas), JsonNode.Parse(answer.Example ?? "null"));
            else if (answer.Example is not null)
                response["content"] = new JsonObject { [answer.ContentType] = new JsonObject { ["schema"] = new JsonObject { ["type"] = isJson ? "object" : "string" }, ["example"] = isJson ? JsonNode.Parse(answer.Example) : answer.Example } };
            if (answer.OtherForm is { } other)
                response["content"]![other.Type] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "object" } }, ["example"] = JsonNode.Parse(other.Example) };
            yield return KeyValuePair.Create(answer.Status.ToString(), (JsonNode?)response);
        }
    }

    private static JsonNode SchemaOf(AnswerDescription answer, Schemas schemas)
    {
        var schema = schemas.Of(answer.Type!, ofRequest: false);
        return answer.OrType is null ? schema : new JsonObject { ["oneOf"] = new JsonArray(schema, schemas.Of(answer.OrType, ofRequest: false)) };
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> ProblemAnswers(HttpFunction function, FunctionDescription description) =>
        CommonProblems.Of(function, description).Concat(description.Problems)
            .SelectMany(code => ProblemCatalog.All[code].Statuses.Select(status => (Status: status, Code: code)))
            .Where(problem => problem != (412, ProblemCodes.UnmetConditions) || description.Headers.Contains("If-Match"))
            .Distinct()
            .GroupBy(problem => problem.Status, problem => problem.Code)
            .Select(group => KeyValuePair.Create(group.Key.ToString(), (JsonNode?)Problem(function, group.Key, [.. group])));

    private static JsonObject Problem(HttpFunction function, int status, string[] codes)
    {
        string[] headers = status switch { 401 => ["WWW-Authenticate"], 429 or 503 => ["Retry-After"], _ => [] };
        return new JsonObject
        {
            ["description"] = string.Join(" ", codes.Select(code => $"`{code}`: {ProblemCatalog.All[code].Meaning}")),
            ["headers"] = HeadersOf(function, headers),
            ["content"] = new JsonObject
            {
                ["application/problem+json"] = new JsonObject
                {
                    ["schema"] = new JsonObject
                    {
                        ["allOf"] = new JsonArray(
                            new JsonObject { ["$ref"] = "#/components/schemas/Problem" },
                            new JsonObject
                            {
                                ["properties"] = new JsonObject
                                {
                                    ["code"] = new JsonObject { ["enum"] = new JsonArray([.. codes.Select(code => (JsonNode)code)]) },
                                    ["status"] = new JsonObject { ["const"] = status },
                                },
                            }),
                    },
                    ["examples"] = new JsonObject(codes.Select(code => KeyValuePair.Create(code, (JsonNode?)new JsonObject { ["value"] = Example(status, code) }))),
                },
            },
        };
    }

    private static JsonObject Example(int status, string code) => new()
    {
        ["type"] = "about:blank",
        ["title"] = $"{char.ToUpperInvariant(code[0])}{code[1..].Replace('_', ' ')}",
        ["status"] = status,
        ["detail"] = ProblemCatalog.All[code].Meaning,
        ["code"] = code,
        ["trace_id"] = "4bf92f3577b34da6a3ce929d0e0e4736",
    };

    private static JsonObject HeadersOf(HttpFunction function, string[] own) =>
        new(own.Concat(["x-trace-id"]).Concat(function.Permission is null ? [] : Limits).Select(name => KeyValuePair.Create(name, (JsonNode?)new JsonObject { ["$ref"] = $"#/components/headers/{name}" })));

    private static JsonObject Content(string type, JsonNode schema, JsonNode? example) => new() { [type] = new JsonObject { ["schema"] = schema, ["example"] = example } };

    [GeneratedRegex(@"\{(?<name>\w+)\}")]
    private static partial Regex RouteValues();
}
