using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;

namespace Tickets.Tests.Hosting;

/// <summary>One folder of a script root, read as the Functions host reads it.</summary>
internal sealed class HostedFunction
{
    private readonly TemplateMatcher? _route;
    private readonly HashSet<string> _methods;

    private HostedFunction(string name, JsonObject trigger, bool forwarded, string routePrefix)
    {
        Name = name;
        Trigger = trigger;
        IsForwarded = forwarded;
        _methods = trigger["methods"]?.AsArray().Select(m => (string)m!).ToHashSet(StringComparer.OrdinalIgnoreCase) ?? [];
        if ((string?)trigger["route"] is { } route)
            _route = new TemplateMatcher(TemplateParser.Parse($"{routePrefix}/{route}"), []);
    }

    public string Name { get; }
    public JsonObject Trigger { get; }
    public string Type => (string)Trigger["type"]!;

    /// <summary>Exactly one HTTP trigger and one HTTP output; with any other binding the host would send an envelope.</summary>
    public bool IsForwarded { get; }

    public bool Matches(HttpMethod method, string path) =>
        _route is not null && _methods.Contains(method.Method) && _route.TryMatch(path, []);

    public static IReadOnlyList<HostedFunction> ReadAll(string scriptRoot)
    {
        var host = JsonNode.Parse(File.ReadAllText(Path.Combine(scriptRoot, "host.json")))!;
        var prefix = (string?)host["extensions"]?["http"]?["routePrefix"] ?? "api";
        return [.. Directory.GetDirectories(scriptRoot).Where(d => File.Exists(Path.Combine(d, "function.json"))).Select(d => Read(d, prefix))];
    }

    private static HostedFunction Read(string directory, string prefix)
    {
        var bindings = JsonNode.Parse(File.ReadAllText(Path.Combine(directory, "function.json")))!["bindings"]!.AsArray().Select(b => b!.AsObject()).ToList();
        var trigger = bindings.Single(b => ((string)b["type"]!).EndsWith("Trigger", StringComparison.Ordinal));
        var forwarded = (string)trigger["type"]! == "httpTrigger" && bindings.Count == 2 && bindings.Count(b => (string?)b["type"] == "http" && (string?)b["direction"] == "out") == 1;
        return new HostedFunction(Path.GetFileName(directory), trigger, forwarded, prefix);
    }
}
