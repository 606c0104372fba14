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
            Assert.Equal(function.Permission is null ? 0 : 1, operation["security"]!.AsArray().Count);
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

    [Fact]
    public void Every_member_and_every_group_of_functions_is_described()
    {
        Assert.All(Members(), member => Assert.False(string.IsNullOrEmpty(member.Schema["description"]?.ToString()), $"{member.Record}.{member.Name}"));
        Assert.All(Document["tags"]!.AsArray(), tag => Assert.NotEmpty(tag!["description"]!.ToString()));
        Assert.Contains("import permission", Member("CreateTicketRequest", "created_at")["description"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("ISO 8601", Member("QueueBody", "hot_retention")["description"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_and_bounds_that_are_held_to_are_told()
    {
        Assert.Equal(["admin", "import", "operator", "reader", "robot"], Member("CreateKeyRequest", "role")["enum"]!.AsArray().Select(value => value!.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal((1, 1000), ((int)Member("FindTicketsRequest", "limit")["minimum"]!, (int)Member("FindTicketsRequest", "limit")["maximum"]!));
        Assert.Equal(60, (int)Parameter("ReadOplog", "wait")["schema"]!["maximum"]!);
        foreach (var (type, member) in MemberRules.All)
            Assert.True(Document["components"]!["schemas"]![type.Name]?["properties"]?[member] is not null, $"{type.Name} has no {member}, or nothing answers with it.");
    }

    [Fact]
    public void Only_the_members_of_a_ticket_that_can_be_empty_may_be_null()
    {
        var nullable = Members().Where(member => member.Schema["type"] is JsonArray types && types.Any(type => type!.ToString() == "null")).Select(member => $"{member.Record}.{member.Name}");

        Assert.Equal(["Ticket.accepted_by", "Ticket.closed_at", "Ticket.group", "Ticket.parent_id", "Ticket.resolution"], nullable.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_document_describes_itself_as_an_object_and_has_no_part_that_nothing_uses()
    {
        var document = Operations.Single(one => one.Operation["operationId"]!.ToString() == "OpenApi").Operation;
        Assert.Equal("object", document["responses"]!["200"]!["content"]!["application/json"]!["schema"]!["type"]!.ToString());

        var text = Document.ToJsonString();
        foreach (var part in new[] { "schemas", "headers" })
            Assert.All(Document["components"]![part]!.AsObject(), component => Assert.Contains($"#/components/{part}/{component.Key}\"", text, StringComparison.Ordinal));
        Assert.All(Operations.SelectMany(one => Contents(one.Operation)), content => Assert.True(content["example"] is not null || content["examples"] is not null));
    }

    private static IEnumerable<(string Record, string Name, JsonNode Schema)> Members() =>
        Document["components"]!["schemas"]!.AsObject().SelectMany(record => (record.Value!["properties"]?.AsObject() ?? []).Select(member => (record.Key, member.Key, member.Value!)));

    private static JsonNode Member(string record, string name) => Members().Single(member => member.Record == record && member.Name == name).Schema;

    private static JsonNode Parameter(string operation, string name) =>
        Operations.Single(one => one.Operation["operationId"]!.ToString() == operation).Operation["parameters"]!.AsArray().Single(parameter => parameter!["name"]!.ToString() == name)!;

    private static IEnumerable<JsonNode> Contents(JsonObject operation) =>
        operation["responses"]!.AsObject().Select(response => response.Value!["content"]).Append(operation["requestBody"]?["content"])
            .OfType<JsonObject>().SelectMany(contents => contents.Select(content => content.Value!));

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex RouteValues();
}
