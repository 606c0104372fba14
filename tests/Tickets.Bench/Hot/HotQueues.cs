using System.Text.Json.Nodes;
using Tickets.Bench.Stack;

namespace Tickets.Bench.Hot;

/// <summary>The bench's workflow and queues: the floor's fields and indexes, and statuses that lead anywhere.</summary>
internal static class HotQueues
{
    public const string Main = "bench/main";
    public const string Loud = "bench/loud";
    public const string Quiet = "bench/quiet";

    /// <summary>Its tickets have a lifetime, and so an orchestration each.</summary>
    public const string Living = "bench/living";

    /// <summary>Its tickets ask for acceptance, too.</summary>
    public const string Reminded = "bench/reminded";
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

    /// <summary>The main queue and those whose tickets do something by themselves.</summary>
    public static async Task MakeLivingAsync(HttpClient client)
    {
        foreach (var (queue, rules) in new (string, JsonObject)[]
        {
            (Main, new JsonObject()),
            (Living, new JsonObject { ["lifetime"] = "PT12H", ["on_timeout"] = "done" }),
            (Reminded, new JsonObject { ["lifetime"] = "PT12H", ["on_timeout"] = "done", ["remind_every"] = "PT4H", ["group"] = "bench" }),
        })
        {
            await BenchStack.PutAsync(client, $"workflows?workflow_id={Uri.EscapeDataString(queue)}", Definition(queue, rules));
            await BenchStack.PutAsync(client, $"queues?queue={Uri.EscapeDataString(queue)}", new JsonObject { ["queue"] = queue, ["workflow_id"] = queue, ["hot_retention"] = "P7D" });
        }
    }

    /// <param name="rules">Of every status but the last.</param>
    private static JsonObject Definition(string workflow = Workflow, JsonObject? rules = null)
    {
        var names = Enumerable.Range(0, Statuses).Select(n => $"s{n}").ToList();
        var statuses = new JsonObject { ["done"] = new JsonObject { ["terminal"] = true } };
        foreach (var name in names)
        {
            var status = (rules ?? new JsonObject()).DeepClone();
            status["to"] = new JsonArray([.. names.Where(other => other != name).Append("done").Select(to => JsonValue.Create(to))]);
            statuses[name] = status;
        }

        var fields = new JsonObject();
        for (var slot = 1; slot <= 3; slot++)
        {
            fields[$"n{slot}"] = new JsonObject { ["type"] = "int64", ["slot"] = slot };
            fields[$"t{slot}"] = new JsonObject { ["type"] = "string", ["slot"] = slot };
        }

        return new JsonObject
        {
            ["workflow_id"] = workflow,
            ["initial"] = "s0",
            ["statuses"] = statuses,
            ["indexed_fields"] = fields,
            ["indexes"] = new JsonArray(new JsonArray("n1"), new JsonArray("t1"), new JsonArray("status", "n2")),
        };
    }
}
