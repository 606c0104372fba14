using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Tickets.Bench.Hot.Floor;
using Tickets.Bench.Hot.Requests;

namespace Tickets.Bench.Hot.Scenarios;

/// <summary>Lists of 100 creates against 100 creates in one bare statement.</summary>
internal sealed class Bulk : HotScenario
{
    /// <summary>So many lists at once that a queue's place in the writer holds them all.</summary>
    private const int Connections = 16;

    private readonly VersusFloor _versusFloor = new("bulk", FloorScript.Create100, 0.7, scene => new BulkRequests(scene.Stack.Key, scene.Nonces, scene.Keys)) { Connections = Connections };

    public override IReadOnlyList<string> Figures => _versusFloor.Figures;

    public override bool NeedsFloor => true;

    public override async Task RunAsync(HotScene scene)
    {
        using var client = scene.Stack.CreateClient();
        using var response = await client.PostAsJsonAsync("tickets/bulk", new JsonObject { ["items"] = new JsonArray() });
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed)
            scene.Sheet.Skip(Figures[0], "the app has no POST /tickets/bulk");
        else
            await _versusFloor.RunAsync(scene);
    }
}
