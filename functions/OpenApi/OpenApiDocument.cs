using System.Text.Json.Nodes;
using Tickets.Contracts;
using Tickets.Functions.Hosting;

namespace Tickets.Functions.OpenApi;

/// <summary>The OpenAPI 3.1 document of the app's functions, made from their declarations.</summary>
internal static class OpenApiDocument
{
    public static JsonObject Of(FunctionCatalog functions, string version)
    {
        var schemas = new Schemas();
        var described = functions.Http.Where(function => function.Description is not null).Select(function => (Function: function, Description: function.Description!())).ToList();
        // Answers first: a record that requests and answers share stays open for members to come.
        schemas.Of(TicketsJson.Default.Problem, ofRequest: false);
        foreach (var type in described.SelectMany(one => one.Description.Answers).SelectMany(answer => new[] { answer.Type, answer.OrType }).OfType<System.Text.Json.Serialization.Metadata.JsonTypeInfo>())
            schemas.Of(type, ofRequest: false);

        var paths = new JsonObject();
        foreach (var path in described.GroupBy(one => $"/{FunctionCatalog.RoutePrefix}/{one.Function.HostRoute}").OrderBy(path => path.Key, StringComparer.Ordinal))
            paths[path.Key] = new JsonObject(path.Select(one => KeyValuePair.Create(one.Function.Method.ToLowerInvariant(), (JsonNode?)OpenApiOperation.Of(one.Function, one.Description, schemas))));

        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "Tickets",
                ["version"] = version,
                ["summary"] = "A ticket database for robots",
                ["description"] = "JSON in snake_case and UTF-8. Members and query parameters that do not exist are refused by name. Errors are `application/problem+json` with a stable `code`.",
                ["license"] = new JsonObject { ["name"] = "MIT", ["identifier"] = "MIT" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["tags"] = new JsonArray([.. described.Select(one => one.Description.Tag).Distinct(StringComparer.Ordinal).Select(tag => (JsonNode)new JsonObject { ["name"] = tag, ["description"] = Tags.Meanings[tag] })]),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = new JsonObject(schemas.Components.Select(schema => KeyValuePair.Create(schema.Key, (JsonNode?)schema.Value))),
                ["headers"] = new JsonObject(Parameters.ResponseHeaders.Select(header => KeyValuePair.Create(header.Key, (JsonNode?)new JsonObject
                {
                    ["description"] = header.Value.Meaning, ["schema"] = new JsonObject { ["type"] = header.Value.Type },
                }))),
                ["securitySchemes"] = new JsonObject
                {
                    ["key"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "An API key, `tk_…`, or a token of the issuer that the server trusts." },
                },
            },
        };
    }
}
