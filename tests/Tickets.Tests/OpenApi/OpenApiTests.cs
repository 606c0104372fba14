using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tickets.Contracts;
using Tickets.Functions;
using Tickets.Functions.Hosting;
using Tickets.Functions.OpenApi;

namespace Tickets.Tests.OpenApi;

public partial class OpenApiTests
{
    private static readonly FunctionCatalog Functions = AppFunctions.Declare();
    private static readonly JsonObject Document = (JsonObject)JsonNode.Parse(OpenApiFunctions.Text(Functions))!;

    private static IEnumerable<(string Path, string Method, JsonObject Operation)> Operations =>
        Document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(method => (path.Key, method.Key.ToUpperInvariant(), method.Value!.AsObject())));

    [Fact]
    public void Every_function_is_documented_where_it_is_served_and_nothing_else()
    {
        var declared = Functions.Http.Select(function => (Address: $"{function.Method} /api/{function.HostRoute}", function.Name));
        var documented = Operations.Select(one => ($"{one.Method} {one.Path}", one.Operation["operationId"]!.GetValue<string>()));

        Assert.Equal(declared.Order(), documented.Order());
    }

    [Fact]
    public void Parameters_security_and_bodies_are_those_of_the_declarations()
    {
        foreach (var function in Functions.Http)
        {
            var operation = Operations.Single(one => one.Operation["operationId"]!.GetValue<string>() == function.Name).Operation;
            var parameters = operation["parameters"]!.AsArray().Select(parameter => (In: parameter!["in"]!.GetValue<string>(), Name: parameter["name"]!.GetValue<string>())).ToList();

            Assert.Equal(function.QueryParameters.Order(StringComparer.Ordinal), parameters.Where(parameter => parameter.In == "query").Select(parameter => parameter.Name).Order(StringComparer.Ordinal));
            Assert.Equal(RouteValues().Matches(function.Path).Select(match => match.Groups[1].Value), parameters.Where(parameter => parameter.In == "path").Select(parameter => parameter.Name));
            Assert.Equal(function.Permission is not null, operation["security"] is not null);
            Assert.True(function.Method is "POST" or "PUT" or "PATCH" || operation["requestBody"] is null, function.Name);
        }
    }

    [Fact]
    public void Every_problem_code_is_in_the_catalog_and_answered_by_some_function()
    {
        var codes = typeof(ProblemCodes).GetFields().Select(field => (string)field.GetRawConstantValue()!).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(codes, ProblemCatalog.All.Keys.Order(StringComparer.Ordinal));

        var documented = Operations.SelectMany(one => one.Operation["responses"]!.AsObject())
            .Select(response => response.Value!["content"]?["application/problem+json"]?["examples"]).OfType<JsonObject>().SelectMany(examples => examples.Select(example => example.Key)).ToHashSet(StringComparer.Ordinal);
        // What the router says of paths and methods belongs to no function.
        Assert.Equal([ProblemCodes.MethodNotAllowed], codes.Where(code => !documented.Contains(code)));
    }

    [Fact]
    public void Every_reference_leads_somewhere_and_every_example_is_as_its_schema_says()
    {
        foreach (var (path, method, operation) in Operations)
        {
            foreach (var content in Contents(operation))
            {
                var examples = content["examples"] is JsonObject several ? several.Select(one => one.Value!["value"]) : [content["example"]];
                foreach (var example in examples.Where(_ => content["schema"]!["type"]?.ToString() != "string" && content["schema"]!["type"]?.ToString() != "array"))
                    Assert.Equal((path, method, null), (path, method, Acceptance.Running.JsonSchemaCheck.Fault(content["schema"]!, example, Document)));
            }
        }
    }

    private static IEnumerable<JsonNode> Contents(JsonObject operation) =>
        operation["responses"]!.AsObject().Select(response => response.Value!["content"]).Append(operation["requestBody"]?["content"])
            .OfType<JsonObject>().SelectMany(contents => contents.Select(content => content.Value!));

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex RouteValues();
}
