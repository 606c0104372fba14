using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tickets.Client;

namespace Tickets.Cli;

internal sealed class HealthCommand(Shell shell, GlobalOptions global) : ApiCommand(shell, global, "health", "Shows whether the service is in order: ping, each dependency, version.")
{
    protected override async Task<int> RunAsync(Session session, ParseResult parsed, CancellationToken cancel)
    {
        var report = new JsonObject();
        var worst = ExitCode.Ok;
        foreach (var (name, route) in new[] { ("ping", "/ping"), ("ready", "/health/ready"), ("version", "/version") })
        {
            var response = await session.AskAsync(new TicketsRequest(HttpMethod.Get, route) { Repeat = false }, cancel);
            report[name] = new JsonObject { ["status"] = response.Status, ["body"] = Body(response) };
            worst = Math.Max(worst, ExitCode.Of(response.Status));
        }
        session.Answers.Write(report);
        return worst;
    }

    private static JsonNode? Body(TicketsResponse response)
    {
        var text = System.Text.Encoding.UTF8.GetString(response.Body.Span);
        try
        {
            return text.Length == 0 ? null : JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            // Plain text from a proxy in between is worth showing too.
            return text;
        }
    }
}
