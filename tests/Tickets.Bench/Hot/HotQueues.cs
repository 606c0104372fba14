using System.Text.Json.Nodes;
using Tickets.Bench.Stack;

namespace Tickets.Bench.Hot;

/// <summary>The bench's workflow and queues: the floor's fields and indexes, and statuses that lead anywhere.</summary>
internal static class HotQueues
{
    public const string Main = "bench/main";
    public const string Loud = "bench/loud";
    public const string Quiet = "bench/quiet";
    public const int ManyCount = 300;
    public const int Statuses = 7;

    private const string Workflow = "bench/v1";
    private const int PutsAtOnce = 4;

    public static IReadOnlyList<string> Many { get; } = [.. Enumerable.Range(0, ManyCount).Select(n => $"bench/many/{n:000}")];

    public static async Task MakeAsync(HttpClient client, bool withMany)
    {
        await BenchStack.PutAsync(client, $"workflows?workflow_id={Uri.EscapeDataString(Workflow)}", Definition());
        string[] few = [Main, Loud, Quiet];
        await Parallel.ForEachAsync(
            withMany ? few.Concat(Many) : few,
            new ParallelOptions { MaxDegreeOfParallelism = PutsAtOnce },
            async (queue, _) => await BenchStack.PutAsync(
                client, $"queues?queue={Uri.EscapeDataString(queue)}", new JsonObject { ["queue"] = queue, ["workflow_id"] = Workflow, ["hot_retention"] = "P7D" }));
    }

    private static JsonObject Definition()
    {
        var names = Enumerable.Range(0, Statuses).Select(n => $"s{n}").ToList();
        var statuses = new JsonObject { ["done"] = new JsonObject { ["terminal"] = true } };
        foreach (var name in names)
            statuses[name] = new JsonObject { ["to"] = new JsonArray([.. names.Where(other => other != name).Append("done").Select(to => JsonValue.Create(to))]) };
        var fields = new JsonObject();
        for (var slot = 1; slot <= 3; slot++)
        {
            fields[$"n{slot}"] = new JsonObject { ["type"] = "int64", ["slot"] = slot };
            fields[$"t{slot}"] = new JsonObject { ["type"] = "string", ["slot"] = slot };
        }

        return new JsonObject
        {
            ["workflow_id"] = Workflow,
            ["initial"] = "s0",
            ["statuses"] = statuses,
            ["indexed_fields"] = fields,
            ["indexes"] = new JsonArray(new JsonArray("n1"), new JsonArray("t1"), new JsonArray("status", "n2")),
        };
    }
}
